"""Files that are broken anywhere: a diagnostic and exit 2, never a traceback."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from policy.cli.main import main
from tests.policy.evaluate.cases import KEY, USER, allow
from tests.policy.simulate import account_dumps as dumps

VALUES: tuple[Any, ...] = (
    *(None, True, 0, "", "x", [], {}, [[]], [None], {"a": 1}, "*", ["x"]),
    *("arn:aws:iam::1:role/x", "arn:aws:iam::111122223333:role/", "%7B", "{", "\x00", "\ud800", "é\n", "a" * 5_000),
)
GRANT = {
    "KeyId": "files",
    "GranteePrincipal": f"arn:aws:iam::{dumps.ACCOUNT}:role/Idle",
    "Operations": ["Decrypt"],
    "Constraints": {"EncryptionContextSubset": {"app": "web"}},
}
INPUT = {
    "PolicyInputList": [json.dumps(dumps.policy(dumps.allow("kms:*")))],
    "PermissionsBoundaryPolicyInputList": [json.dumps(dumps.policy(dumps.allow("kms:*")))],
    "ResourcePolicy": json.dumps(dumps.policy(allow("*"))),
    "ActionNames": ["kms:Decrypt"],
    "ResourceArns": [KEY],
    "CallerArn": USER,
    "ContextEntries": [{"ContextKeyName": "a:b", "ContextKeyValues": ["x"], "ContextKeyType": "string"}],
}
WORLD = ("--account", "account.json", "--key-policy", "files.json", "--grants", "grants.json")
COMMANDS = (
    ("simulate", *WORLD, "--matrix", "--actions", "@usage", "--output", "html"),
    ("simulate", *WORLD, "--matrix", "--actions", "@usage", "--output", "csv"),
    ("simulate", *WORLD, "--principal", "Alice", "--action", "kms:Decrypt"),
    ("who-can", "kms:Decrypt", *WORLD),
    ("admins", *WORLD, "--output", "json"),
    ("simulate", "--cli-input-json", "input.json"),
)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*place, name)
        yield from places(each, (*place, name))


def broken(value: Any, source: random.Random) -> Any:
    """The value with something taken out of it, or replaced."""
    value = copy.deepcopy(value)
    *way, last = source.choice(list(places(value)))
    inner = value
    for name in way:
        inner = inner[name]
    if source.random() < 0.25:
        del inner[last]
    else:
        inner[last] = copy.deepcopy(source.choice(VALUES))
    return value


@pytest.mark.parametrize("seed", range(25))
def test_nothing_that_is_broken_is_a_traceback(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = random.Random(seed)
    whole = {
        "account.json": dumps.small(),
        "files.json": dumps.delegating(dumps.names("*", "kms:*")),
        "grants.json": {"Grants": [GRANT], "Truncated": False},
        "input.json": INPUT,
    }
    for name in whole:
        for other, value in whole.items():
            text = json.dumps(broken(value, source) if other == name else value)
            Path(other).write_text(text)
        for command in COMMANDS:
            result = CliRunner().invoke(main, command)
            assert result.exception is None or isinstance(result.exception, SystemExit), (
                command,
                Path(name).read_text(),
            )
            assert result.exit_code in (0, 1, 2)
            assert result.exit_code != 2 or result.stderr
