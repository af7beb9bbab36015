"""The worked examples: every policy in both spellings means the same, and every scenario holds."""

from pathlib import Path

import pytest

from policy.model.reading import parse
from policy.scenario.files import find_files, load_file
from policy.scenario.model import run_check

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"
POLICIES = sorted(EXAMPLES.rglob("*.policy"))
SCENARIOS = sorted(find_files([EXAMPLES]))


def test_there_are_examples() -> None:
    assert POLICIES
    assert SCENARIOS


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_text_and_json_of_an_example_mean_the_same(path: Path) -> None:
    text, json = (parse(spelled.read_text(), str(spelled)) for spelled in (path, path.with_suffix(".json")))
    assert text == json


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name)
def test_every_line_of_an_example_holds(path: Path) -> None:
    loaded = load_file(path)
    assert () == loaded.diagnostics
    results = [run_check(check, scenario.world) for scenario in loaded.scenarios for check in scenario.checks]
    assert results
    assert [] == [result.check.text for result in results if not result.passed]
