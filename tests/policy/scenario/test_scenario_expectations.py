"""What an expectation may say beside the request: time and source, reasons, tables; and tags."""

from pathlib import Path

import pytest

from policy.diagnostics import render
from policy.scenario.failure import failure_text
from policy.scenario.files import Loaded, load_text
from policy.scenario.model import Result, run_check
from policy.source import Source

FILES = {
    "hours.policy": """
allow "By day" {
  principal  *
  action     kms:Decrypt
  resource   *
  when       aws:CurrentTime < 2026-06-01T00:00:00Z
  when       aws:EpochTime > 1767225599
  when       aws:SourceIp in 10.0.0.0/8
}

deny "Never delete" {
  principal  *
  action     kms:ScheduleKeyDeletion
  resource   *
}
""",
    "tagged.policy": """
allow "Own stage" {
  principal  111122223333
  action     kms:Decrypt
  resource   *
  when       kms:KeySpec == "SYMMETRIC_DEFAULT"
}
""",
    "stage.policy": """
allow "Same stage" {
  action     kms:Decrypt
  resource   *
  when       aws:ResourceTag/stage == "${aws:PrincipalTag/stage}"
}
""",
    "none.policy": "allow {\n  action     s3:*\n  resource   *\n}\n",
}

HEAD = (
    "account 111122223333",
    'key k policy "hours.policy"',
    'key t policy "tagged.policy" tags stage = prod and owner = "team a" where kms:KeySpec = SYMMETRIC_DEFAULT',
    'role Web policy "stage.policy" tags stage = prod',
    'user Al policy "stage.policy" tags stage = test',
    'role Held policy "stage.policy" boundary "none.policy" tags stage = prod',
    "grant t to role Held operations Encrypt",
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def load(directory: Path, *lines: str) -> Loaded:
    return load_text(Source("a.scenario", "\n".join((*HEAD, *lines)) + "\n"), directory)


def run(directory: Path, *lines: str) -> list[Result]:
    loaded = load(directory, *lines)
    assert [] == [render(diagnostic) for diagnostic in loaded.diagnostics]
    return [run_check(check, scenario.world) for scenario in loaded.scenarios for check in scenario.checks]


HOLD = [
    "expect allow anonymous kms:Decrypt k at 2026-01-01T00:00:00Z from 10.0.0.1",
    "expect allow anonymous kms:Decrypt k from 10.0.0.1 at 2026-01-01T00:00:00Z",
    "expect deny anonymous kms:Decrypt k at 2026-07-01T00:00:00Z from 10.0.0.1",
    "expect deny anonymous kms:Decrypt k at 2026-01-01 from 11.0.0.1",
    "expect deny anonymous kms:Decrypt k from 10.0.0.1 where aws:CurrentTime = 2026-01-01T00:00:00Z",
    'expect explicit deny anonymous kms:ScheduleKeyDeletion k because "Never delete"',
    'expect allow role Web kms:Decrypt t because "Same stage", "Own stage"',
    'expect implicit deny user Al kms:Decrypt t because "identity-based policy"',
    'expect deny role Held kms:Decrypt t because "permissions boundary"',
    'expect deny anonymous kms:Encrypt t because "key policy"',
    'expect deny role Held kms:Encrypt t because "permissions boundary"',
    'expect allow anonymous kms:Decrypt k at 2026-01-01T00:00:00Z from 10.0.0.1 where a:b = c because "By day"',
]


@pytest.mark.parametrize("line", HOLD)
def test_a_line_holds(directory: Path, line: str) -> None:
    assert [True] == [result.passed for result in run(directory, line)]


def test_another_reason_is_a_failure_that_tells_both(directory: Path) -> None:
    [result] = run(directory, 'expect allow role Web kms:Decrypt t because "By day"')
    assert not result.passed
    verdict = failure_text(result).splitlines()[0]
    assert (
        "a.scenario:8: decided allow as expected, but because of `Own stage` or `Same stage`, not `By day`" == verdict
    )


def test_a_table_has_an_expectation_a_row(directory: Path) -> None:
    results = run(
        directory,
        "",
        "# a comment",
        "| outcome       | principal | action                  | target | from     | at         | because       |",
        "|---------------|-----------|-------------------------|--------|----------|------------|---------------|",
        "| allow         | anonymous | kms:Decrypt             | k      | 10.0.0.1 | 2026-01-02 | By day        |",
        "| deny          | anonymous | kms:Decrypt             | k      |          | 2026-01-02 |               | # y",
        '| explicit deny | role Web  | kms:ScheduleKeyDeletion | k      |          |            | "Never delete" |',
        '| implicit  deny | "arn:aws:iam::111122223333:user/Bo" | kms:Decrypt | t |  |  '
        '| identity-based policy, "identity-based policy" |',
        "",
        "| principal | action      | target | kms:EncryptionContext:app | outcome |",
        "| role Web  | kms:Decrypt | t      | a, b                      | allow   |",
    )
    assert [True] * 5 == [result.passed for result in results]
    assert ("a", "b") == results[-1].check.context["kms:EncryptionContext:app"]
    assert 12 == results[0].check.line


FAULTS = [
    (["expect allow Web kms:Decrypt t at noon"], "`noon` is no time", ""),
    (["expect allow Web kms:Decrypt t from 10.0.0.0/8"], "`10.0.0.0/8` is no IP address", ""),
    (["expect allow Web kms:Decrypt t at 2026-01-01 at 2026-01-02"], "`at` stands twice", ""),
    (
        ["expect allow Web kms:Decrypt t from 10.0.0.1 where aws:SourceIP = 10.0.0.1"],
        "`aws:SourceIp` is given twice",
        "",
    ),
    (['expect allow Web kms:Decrypt t because "Own stag"'], "has the Sid `Own stag`", "did you mean `Own stage`?"),
    (["expect allow Web kms:Decrypt t because"], "the line ends", ""),
    (["role X tags a = b, c"], "the tag `a` has 2 values", ""),
    (["role X tags a = b and A = c"], "`A` is given twice", ""),
    (["role X where a = b"], "`where` is no clause of `role`", ""),
    (["service x tags a = b"], "`tags` is no clause of `service`", ""),
    (["role X tags a = b tags c = d"], "`tags` stands twice", ""),
    (["| principal | action | target |", "| a | b | c |"], "the table has no column `outcome`", ""),
    (["| outcome | principal | action | targt |"], "`targt` is no column of a table", "did you mean `target`?"),
    (["| outcome | principal | action | target | at | at |"], "the column `at` stands twice", ""),
    (
        ["| outcome | principal | action | target |", "| allow | Web | kms:Decrypt |"],
        "the row has 3 cells, its table 4",
        "",
    ),
    (
        ["| outcome | principal | action | target |", "| alow | Web | kms:Decrypt | t |"],
        "`alow`",
        "did you mean `allow`?",
    ),
    (["| outcome | principal | action | target |", "| allow |  | kms:Decrypt | t |"], "the row has no principal", ""),
    (["| outcome | principal | action | target |", "| allow | Wbe | kms:Decrypt | t |"], "no principal `Wbe`", "`Web`"),
    (
        ["| outcome | principal | action | target |", '| allow | Web | kms:Decrypt | "\\q" |'],
        "an escape that is none",
        "",
    ),
    (["|"], "the table has no column `outcome`", ""),
]


@pytest.mark.parametrize(("lines", "message", "hint"), FAULTS, ids=[message for _, message, _ in FAULTS])
def test_a_line_that_means_nothing_is_shown(directory: Path, lines: list[str], message: str, hint: str) -> None:
    loaded = load(directory, *lines)
    text = "\n".join(map(render, loaded.diagnostics))
    assert loaded.has_errors
    assert message in text
    assert hint in text


ADVICE = [
    ("expect allow Web kms:Decrypt k", 'key policy statement "By day"'),
    ("expect allow Web kms:ScheduleKeyDeletion k", 'statement "Never delete" (hours.policy:'),
    ("expect allow user Al kms:Decrypt t", 'identity-based policy statement "Same stage" (stage.policy:'),
    ("expect explicit deny Web kms:Decrypt k", 'key policy statement "Never delete"'),
    ("expect implicit deny Web kms:ScheduleKeyDeletion k", "denies it explicitly: take this statement back"),
    ("expect deny Web kms:Decrypt t", "allows it: narrow this statement"),
    ("expect allow role Held kms:Encrypt t", "permissions boundary statement 1"),
    ("expect allow arn:aws:iam::444455556666:user/Bo kms:Decrypt t", "no key policy has a statement that comes near"),
]


@pytest.mark.parametrize(("line", "advice"), ADVICE, ids=[line for line, _ in ADVICE])
def test_a_failure_says_which_statement_to_change(directory: Path, line: str, advice: str) -> None:
    [result] = run(directory, line)
    assert not result.passed
    told = failure_text(result).replace(f"{directory}/", "").split("What to change:")[1]
    assert advice in told
