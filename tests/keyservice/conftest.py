"""A service for each test of the layers that need one; if a test asks for a clock to set, the service goes by it."""

import pytest

from tests.live import open_service, shared_clock


@pytest.fixture
def clock(monkeypatch):
    return shared_clock(monkeypatch)


@pytest.fixture
def service(tmp_path, request):
    clock = request.getfixturevalue("clock") if "clock" in request.fixturenames else None
    opened = open_service(tmp_path / "data", clock)
    yield opened
    opened.close()
