"""A service whose clock the tests set; those who sign requests go by it too."""

import pytest

from tests.live import open_service, shared_clock


@pytest.fixture
def clock(monkeypatch):
    return shared_clock(monkeypatch)


@pytest.fixture
def service(tmp_path, clock):
    opened = open_service(tmp_path / "data", clock)
    yield opened
    opened.close()
