"""A service whose clock the tests set; those who sign requests go by it too."""

import pytest


@pytest.fixture(autouse=True)
def _set_clock(clock):
    """Every test here is about time."""
