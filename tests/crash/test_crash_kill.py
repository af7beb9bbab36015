"""A few cycles of the soak."""

from tests.crash.soak import run


def test_everything_that_was_answered_survives_kill_9_under_load(tmp_path):
    assert 0 < run(tmp_path / "data", cycles=3, seed=7)
