"""No policy and no request makes a decision take long: what would be exponential or quadratic would not end in time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.policy.evaluate.hostile import CASES

ROOT = Path(__file__).parents[3]

# Each takes a second or two; a slow machine may take its time, a matcher that backtracks does not end at all.
SECONDS = 60


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_case_is_decided_in_bounded_time(name):
    command = [sys.executable, "-m", "tests.policy.evaluate.hostile", name]
    done = subprocess.run(command, cwd=ROOT, timeout=SECONDS, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
