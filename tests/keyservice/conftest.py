"""A service for each test of the layers that need one."""

import pytest

from tests.live import open_service


@pytest.fixture
def service(tmp_path):
    opened = open_service(tmp_path / "data")
    yield opened
    opened.close()
