"""`policy simulate`, as it is called: what it prints, and how it exits."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy.cli.main import main
from tests.policy.evaluate.cases import ACCOUNT, KEY, ROLE, SESSION, USER, allow, deny

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies" / "ec2_decrypt"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    statements = {
        "key.json": [allow(ROLE)],
        "delegates.json": [allow(f"arn:aws:iam::{ACCOUNT}:root", Action="kms:*")],
        "use.json": [allow()],
        "none.json": [allow(Action="s3:*")],
        "deny.json": [deny("*")],
        "star_none.json": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
        "bad.json": [{"Effect": "Alow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
    }
    for name, listed in statements.items():
        Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": listed}))
    grant = {"KeyId": KEY, "GrantId": "abc", "GranteePrincipal": USER, "Operations": ["Decrypt"]}
    Path("grants.json").write_text(json.dumps({"Grants": [grant], "Truncated": False}))
    return tmp_path


def simulate(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["simulate", *arguments], input=stdin)


ONE = ("--principal", SESSION, "--action", "kms:Decrypt", "--resource", KEY)
USER_ASKS = ("--principal", USER, "--action", "kms:Decrypt", "--resource", KEY)

DECISIONS = [
    (0, "allow", ("--key-policy", "key.json", *ONE)),
    (0, "allow", ("--key-policy", "key.json", "--principal", SESSION, "--action", "kms:Decrypt")),
    (1, "implicit deny", ("--key-policy", "delegates.json", *USER_ASKS)),
    (0, "allow", ("--key-policy", "delegates.json", "--identity-policy", "use.json", *USER_ASKS)),
    (
        0,
        "allow",
        (
            "--key-policy",
            "delegates.json",
            "--identity-policy",
            "none.json",
            "--identity-policy",
            "use.json",
            *USER_ASKS,
        ),
    ),
    (1, "explicit deny", ("--key-policy", "deny.json", *ONE)),
    (1, "implicit deny", ("--key-policy", "key.json", "--session-policy", "none.json", *ONE)),
    (1, "implicit deny", ("--key-policy", "key.json", "--permissions-boundary", "none.json", *ONE)),
    (1, "implicit deny", ("--key-policy", "key.json", "--scp", "use.json", "--scp", "none.json", *ONE)),
    (1, "implicit deny", ("--key-policy", "key.json", "--rcp", "star_none.json", *ONE)),
    (1, "implicit deny", ("--key-policy", "key.json", "--endpoint-policy", "star_none.json", *ONE)),
    (0, "allow", ("--key-policy", "key.json", "--grants", "grants.json", *USER_ASKS)),
    (0, "allow", ("--identity-policy", "none.json", "--principal", USER, "--action", "s3:ListAllMyBuckets")),
    (
        0,
        "allow",
        (
            "--resource-policy",
            "star_none.json",
            "--principal",
            USER,
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::a/b",
            "--resource-account",
            ACCOUNT,
        ),
    ),
]


@pytest.mark.parametrize(("status", "decision", "arguments"), DECISIONS, ids=lambda value: str(value)[:200])
@pytest.mark.usefixtures("files")
def test_a_request_is_decided(status: int, decision: str, arguments: tuple[str, ...]) -> None:
    text, value = simulate(*arguments), simulate(*arguments, "--output", "json")
    assert (status, status) == (text.exit_code, value.exit_code)
    assert text.stdout.startswith(f"{decision}: ")
    assert decision == json.loads(value.stdout)["decision"]
    assert json.loads(value.stdout)["reasons"]


def test_the_main_example_runs_in_both_spellings() -> None:
    for suffix in ("policy", "json"):
        key_policy = str(EXAMPLES / f"key_names_role.{suffix}")
        caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/WebServer/i-0abc"
        ask = ("--key-policy", key_policy, "--principal", caller, "--action", "kms:Decrypt")
        allowed = simulate(*ask, "--context", "kms:EncryptionContext:app=web")
        assert (0, 1) == (allowed.exit_code, simulate(*ask).exit_code)
        assert "kms:EncryptionContextKeys = app" in allowed.stdout
        assert "aws:PrincipalArn = arn:aws:iam::111122223333:role/WebServer" in allowed.stdout


@pytest.mark.usefixtures("files")
def test_a_key_given_twice_has_two_values() -> None:
    result = simulate("--key-policy", "key.json", *ONE, "--context", "aws:TagKeys=a", "--context", "AWS:tagkeys=b=c")
    assert "aws:TagKeys = a, b=c" in result.stdout


USAGE = [
    ((), "Missing option '--principal'"),
    (("--principal", USER), "Missing option '--action'"),
    (("--principal", "Alice", "--action", "kms:Decrypt"), "`Alice` is no principal"),
    (("--principal", USER, "--action", "Decrypt"), "`Decrypt` is no action"),
    (("--principal", USER, "--action", "kms:Decrypt", "--resource", "files"), "`files` is not an ARN"),
    ((*ONE, "--context", "app"), "`app` is no condition key with its value"),
    ((*ONE, "--key-policy", "key.json", "--resource-policy", "key.json"), "cannot stand together"),
    ((*ONE, "--requests", "-"), "'--principal' cannot stand beside it"),
    ((*ONE, "--key-policy", "gone.json"), "`gone.json` cannot be read: No such file"),
    ((*ONE, "--key-policy", "bad.json"), "did you mean `Allow`?"),
    ((*ONE, "--grants", "key.json"), "error[grants]: `key.json`"),
    (("--requests", "gone.jsonl"), "`gone.jsonl` cannot be read: No such file"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=[message for _, message in USAGE])
@pytest.mark.usefixtures("files")
def test_what_cannot_be_used_is_said_and_exits_with_2(arguments: tuple[str, ...], message: str) -> None:
    result = simulate(*arguments)
    assert (2, "") == (result.exit_code, result.stdout)
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def line(identifier: object, statement: dict[str, object]) -> str:
    request = {"principal": SESSION, "action": "kms:Decrypt", "resource": KEY}
    return json.dumps({"id": identifier, "request": request, "resource_policy": {"Statement": [statement]}}) + "\n"


def test_a_table_is_answered_line_by_line_and_a_deny_is_no_failure() -> None:
    result = simulate("--requests", "-", "--output", "json", stdin=line(1, allow(ROLE)) + line(2, deny("*")))
    answers = [json.loads(each) for each in result.stdout.splitlines()]
    assert 0 == result.exit_code
    assert [(1, "allow"), (2, "explicit deny")] == [(each["id"], each["decision"]) for each in answers]


def test_a_fault_in_a_line_is_answered_and_exits_with_2(tmp_path: Path) -> None:
    table = tmp_path / "table.jsonl"
    table.write_text(line(1, {"Effect": "Alow"}) + line(2, allow(ROLE)))
    result = simulate("--requests", str(table), "--output", "json")
    answers = [json.loads(each) for each in result.stdout.splitlines()]
    assert 2 == result.exit_code
    assert ["error", "decision"] == [list(each)[1] for each in answers]
