"""Scenario files: what each line means, and what is said of lines that mean nothing."""

from pathlib import Path

import pytest

from policy.diagnostics import render
from policy.scenario.failure import failure_text
from policy.scenario.files import Loaded, find_files, load_file, load_page, load_text
from policy.scenario.model import Result, run_check
from policy.source import Source

OPEN = 'allow "Everyone" {\n  principal  *\n  action     kms:*\n  resource   *\n}\n'
DELEGATES = "allow {\n  principal  111122223333\n  action     kms:*\n  resource   *\n}\n"
NAMES_APP = "allow {\n  principal  arn:aws:iam::111122223333:role/App\n  action     kms:*\n  resource   *\n}\n"
USES = "allow {\n  action     kms:Decrypt\n  resource   *\n}\n"
SCP_NONE = "allow {\n  action     s3:*\n  resource   *\n}\n"
ENDPOINT_NONE = "allow {\n  principal  *\n  action     s3:*\n  resource   *\n}\n"
TRUST = "allow {\n  principal  service ec2.amazonaws.com\n  action     sts:AssumeRole\n}\n"
BY_ALIAS = (
    'allow {\n  principal  *\n  action     kms:*\n  resource   *\n  when       kms:RequestAlias == "alias/app"\n}\n'
)
NAMES_PATHED = (
    "allow {\n  principal  111122223333\n  action     kms:*\n  resource   *\n"
    "  when       aws:PrincipalArn == arn:aws:iam::111122223333:role/service/App\n}\n"
)
FILES = {
    "open.policy": OPEN,
    "delegates.policy": DELEGATES,
    "names_app.policy": NAMES_APP,
    "uses.policy": USES,
    "none.policy": SCP_NONE,
    "endpoint.policy": ENDPOINT_NONE,
    "trust.policy": TRUST,
    "by_alias.policy": BY_ALIAS,
    "pathed.policy": NAMES_PATHED,
    "bad.policy": "alow {\n}\n",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def load(directory: Path, *lines: str) -> Loaded:
    return load_text(Source("a.scenario", "\n".join(lines)), directory)


def run(directory: Path, *lines: str) -> list[Result]:
    loaded = load(directory, *lines)
    assert [] == [render(diagnostic) for diagnostic in loaded.diagnostics]
    return [run_check(check, scenario.world) for scenario in loaded.scenarios for check in scenario.checks]


def failures(directory: Path, *lines: str) -> list[str]:
    return [failure_text(result) for result in run(directory, "account 111122223333", *lines) if not result.passed]


HOLD = [
    ['key k policy "names_app.policy"', "role App", "expect allow role App kms:Decrypt k"],
    ['key k policy "names_app.policy"', "role App", "instance i-0abc role App", "expect allow i-0abc kms:Decrypt k"],
    ['key k policy "delegates.policy"', 'role App policy "uses.policy"', "expect allow App kms:Decrypt k"],
    [
        'key k policy "delegates.policy"',
        'role App policy "uses.policy" path "/service/"',
        "expect allow App kms:Decrypt k",
    ],
    [
        'key k policy "pathed.policy"',
        'role App path "/service/" policy "uses.policy"',
        "instance i role App",
        "expect allow i kms:Decrypt k",
    ],
    ['key k policy "delegates.policy"', 'user Alice policy "uses.policy"', "expect allow user Alice kms:Decrypt k"],
    [
        'key k policy "delegates.policy"',
        'user Alice groups "staff"',
        'group staff policy "uses.policy"',
        "expect allow Alice kms:Decrypt k",
    ],
    ['key k policy "delegates.policy"', "user Alice", "expect implicit deny Alice kms:Decrypt k"],
    ['key k policy "delegates.policy"', "user Alice", "expect deny Alice kms:Decrypt k"],
    ['key k policy "names_app.policy"', 'role App boundary "none.policy"', "expect implicit deny App kms:Decrypt k"],
    [
        'key k policy "names_app.policy"',
        "role App",
        'session s role App policy "none.policy"',
        "expect implicit deny s kms:Decrypt k",
    ],
    ['key k policy "open.policy"', "expect allow anonymous kms:Decrypt k"],
    [
        'key k policy "open.policy"',
        "anonymous",
        "service rds.amazonaws.com",
        "expect allow rds.amazonaws.com kms:Decrypt k",
    ],
    ['key k policy "open.policy"', "expect allow service rds.amazonaws.com kms:Decrypt k"],
    ['key k policy "delegates.policy"', "expect allow root 111122223333 kms:Decrypt k"],
    ['key k policy "delegates.policy"', "expect allow 111122223333 kms:Decrypt k"],
    ['key k policy "open.policy"', 'endpoint policy "endpoint.policy"', "expect deny anonymous kms:Decrypt k"],
    ['key k policy "open.policy"', "expect implicit deny arn:aws:iam::444455556666:user/Bob kms:Decrypt k"],
    ['key k policy "by_alias.policy"', "alias app key k", "role App", "expect allow App kms:Decrypt alias/app"],
    ['key k policy "by_alias.policy"', "alias app key k", "role App", "expect deny App kms:Decrypt k"],
    [
        'key k policy "open.policy"',
        "alias app key k",
        'role App policy "uses.policy"',
        "expect deny App kms:CreateAlias alias/app",
    ],
    [
        'key k policy "delegates.policy" arn "arn:aws:kms:eu-west-1:111122223333:key/9"',
        "role App",
        "expect deny App kms:Decrypt arn:aws:kms:eu-west-1:111122223333:key/9",
    ],
    [
        'key k policy "delegates.policy"',
        "role App",
        "grant k to role App operations Decrypt, Encrypt where app = web",
        "expect allow App kms:Decrypt k where kms:EncryptionContext:app = web",
        "expect deny App kms:Decrypt k",
    ],
    [
        'key k policy "delegates.policy"',
        "role App",
        "user Bob",
        "grant k to role App operations Decrypt retiring user Bob",
        "expect allow Bob kms:RetireGrant k",
    ],
    [
        'key k policy "delegates.policy"',
        "grant k to service rds.amazonaws.com operations Decrypt",
        "expect allow service rds.amazonaws.com kms:Decrypt k",
    ],
    [
        'role App trust "trust.policy"',
        "expect allow service ec2.amazonaws.com sts:AssumeRole arn:aws:iam::111122223333:role/App",
    ],
    ['role App policy "uses.policy"', "expect deny App kms:ListKeys *"],
]


@pytest.mark.parametrize("lines", HOLD, ids=lambda lines: lines[-1] + " with " + "; ".join(lines[:-1]))
def test_lines_mean_what_they_say(directory: Path, lines: list[str]) -> None:
    assert [] == failures(directory, *lines)


def test_each_scp_is_a_level(directory: Path) -> None:
    results = run(
        directory,
        'account 111122223333 scp "uses.policy" "none.policy"',
        'key k policy "names_app.policy"',
        "role App",
        "expect implicit deny App kms:Decrypt k",
    )
    assert [True] == [result.passed for result in results]


def test_identities_belong_to_the_account_above_them(directory: Path) -> None:
    results = run(
        directory,
        "account 111122223333",
        'key k policy "delegates.policy"',
        'role App policy "uses.policy"',
        "account 444455556666",
        'role Guest policy "uses.policy"',
        "expect allow App kms:Decrypt k",
        "expect deny Guest kms:Decrypt k",
    )
    assert [True, True] == [result.passed for result in results]


def test_each_title_opens_a_scenario_of_its_own(directory: Path) -> None:
    loaded = load(
        directory,
        'scenario "One"',
        "account 111122223333",
        'key k policy "open.policy"',
        'scenario "Two"',
        "account 444455556666",
        'key k policy "open.policy"',
        "expect allow anonymous kms:Decrypt k",
    )
    assert () == loaded.diagnostics
    assert [("One", 0), ("Two", 1)] == [(scenario.title, len(scenario.checks)) for scenario in loaded.scenarios]


def test_a_failed_line_is_explained(directory: Path) -> None:
    lines = ['key k policy "delegates.policy"', "role App", "expect allow  role App   kms:Decrypt k"]
    [failure] = failures(directory, *lines)
    assert failure.startswith(
        "a.scenario:4: expected allow, decided implicit deny\n  expect allow role App kms:Decrypt k\n"
    )
    assert "leaves it to the IAM policies of account 111122223333" in failure


FAULTS = [
    (["rloe App"], "found `rloe`", "did you mean `role`?"),
    (['role App polcy "x"'], "found `polcy`", "did you mean `policy`?"),
    (
        ["expect maybe App kms:Decrypt k"],
        "found `maybe`, expected `allow`, `deny`, `explicit deny` or `implicit deny`",
        "",
    ),
    (["expect allow App kms:Decrypt"], "the line ends, expected a name", ""),
    (["role"], "the `role` has no name", "write `role NAME`"),
    (["key k"], "the `key` has no `policy`", ""),
    (['endpoint x policy "open.policy"'], "`endpoint` takes no name", ""),
    (['role App path "/a/" "/b/"'], "`path` of `role` takes one value, found 2", ""),
    (['role App path "/a/" path "/b/"'], "`path` stands twice", ""),
    (['role App scp "x"'], "`scp` is no clause of `role`", ""),
    (["service x.amazonaws.com policy y"], "`policy` is no clause of `service`, it takes none", ""),
    (["instance i role Ap"], "there is no such role", ""),
    (["alias a key j"], "there is no such key", ""),
    (["user Alice groups staff"], "there is no group `staff`", ""),
    (["role App", "role App"], "the role `App` is declared twice", ""),
    (["account 12"], "`12` is no account id, expected 12 digits", ""),
    (
        ['key k policy "missing.policy"'],
        "the policy `missing.policy` cannot be read: No such file",
        "relative to the scenario's file",
    ),
    (["role App", "expect allow Ap kms:Decrypt *"], "there is no principal `Ap`", "did you mean `App`?"),
    (["role App", "expect allow user App kms:Decrypt *"], "there is no user `App`", ""),
    (["role App", "user App", "expect allow App kms:Decrypt *"], "`App` is the name of 2 principals", "write its kind"),
    (["role App", "expect allow App Decrypt *"], "`Decrypt` is no action", ""),
    (["role App", "expect allow App kms:Decrypt kk"], "there is no key or alias `kk`", ""),
    (["role App", "expect allow App kms:Decrypt arn:aws"], "`arn:aws` is not an ARN", ""),
    (["role App", "expect allow App kms:Decrypt * where a = b and A = c"], "the condition key `A` is given twice", ""),
    (['role "\\q"'], "the string holds an escape that is none", ""),
    (['key k policy "bad.policy"'], "alow", ""),
    (['key k policy "a\x00b"'], "cannot be read: embedded null byte", ""),
]


@pytest.mark.parametrize(("lines", "message", "hint"), FAULTS, ids=[message for _, message, _ in FAULTS])
def test_a_line_that_means_nothing_is_shown(directory: Path, lines: list[str], message: str, hint: str) -> None:
    loaded = load(directory, "account 111122223333", *lines)
    text = "\n".join(map(render, loaded.diagnostics))
    assert loaded.has_errors
    assert message in text
    assert hint in text
    assert "^" in text


def test_all_faults_are_told_with_their_lines(directory: Path) -> None:
    lines = [
        "account 111122223333",
        "rloe A",
        "role B",
        "expect allow C kms:Decrypt *",
        'role D policy "gone"',
        "grant",
    ]
    loaded = load(directory, *lines)
    places = sorted(diagnostic.place for diagnostic in loaded.diagnostics)
    assert ["a.scenario:2:1", "a.scenario:4:14", "a.scenario:5:15", "a.scenario:6:1"] == places


def test_an_account_must_stand_above_identities(directory: Path) -> None:
    assert "no account is declared above `App`" in render(load(directory, "role App").diagnostics[0])


PAGE = """# Keys

```policy file=key.policy
# a comment
allow {
  principal  111122223333
  action     kms:*
  resource   *
}
```

Prose.

```scenario
account 111122223333
key k policy "key.policy"
role App
expect deny App kms:Decrypt k
```
"""


def test_a_page_brings_its_policies(tmp_path: Path) -> None:
    loaded = load_page(Source("keys.md", PAGE), tmp_path)
    assert () == loaded.diagnostics
    [scenario] = loaded.scenarios
    assert "Keys" == scenario.title
    [check] = scenario.checks
    result = run_check(check, scenario.world)
    assert result.passed
    assert 18 == check.line
    assert "keys.md" in failure_text(result)


def test_faults_in_a_page_have_their_place_in_the_page(tmp_path: Path) -> None:
    loaded = load_page(
        Source("keys.md", PAGE.replace("kms:*", "kms:* kms:*").replace("role App", "rloe App")), tmp_path
    )
    assert {"keys.md:7:20", "keys.md:17:1", "keys.md:18:13"} <= {diagnostic.place for diagnostic in loaded.diagnostics}


def test_a_directory_gives_its_scenarios_and_pages(directory: Path) -> None:
    (directory / "b.scenario").write_text("account 111122223333\n")
    (directory / "a.md").write_text(PAGE)
    (directory / "c.md").write_text("# Nothing to run\n")
    (directory / "deep").mkdir()
    (directory / "deep" / "d.scenario").write_text("account 111122223333\n")
    found = [path.relative_to(directory).as_posix() for path in find_files([directory])]
    assert ["a.md", "b.scenario", "deep/d.scenario"] == found
    assert not load_file(directory / "b.scenario").has_errors


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "﻿account 111122223333"])
def test_a_file_may_hold_next_to_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.scenario").write_text(text)
    assert () == load_file(tmp_path / "a.scenario").diagnostics
