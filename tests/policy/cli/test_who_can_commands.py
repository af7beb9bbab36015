"""`policy who-can`, `policy admins` and `policy users`, as they are called."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy.cli.main import main
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import ACCOUNT, ADMINISTRATOR, delegating, names

WEB = f"arn:aws:iam::{ACCOUNT}:role/app/Web"
SCENARIO = f"""account {ACCOUNT}
key      files  policy "files.json"
alias    main   key files
role     Web    path "/app/"
instance i-1    role Web
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    condition = {"StringEquals": {"kms:EncryptionContext:app": "web"}}
    files = delegating(names(WEB, "kms:Decrypt", Sid="Web", Condition=condition))
    dumps.write(tmp_path, dumps.small(), {"files": files, "other": delegating()})
    (tmp_path / "files.scenario").write_text(SCENARIO)
    return tmp_path


ACCOUNT_OPTIONS = ("--account", "account.json", "--key-policy", "files.json")


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_who_can_tells_paths_and_conditions() -> None:
    result = run("who-can", "kms:Decrypt", "--on", "files", *ACCOUNT_OPTIONS)
    assert 0 == result.exit_code
    lines = result.stdout.splitlines()
    assert f"kms:Decrypt on arn:aws:kms:us-east-1:{ACCOUNT}:key/files: 4 principals" == lines[0]
    place = lines.index("  role/app/Web")
    assert [
        '    key policy "Web"',
        '      when kms:EncryptionContext:app == "web"',
        f'    IAM policy: policy arn:aws:iam::{ACCOUNT}:policy/Uses "Uses" and key policy "IAM"',
    ] == lines[place + 1 : place + 4]


def test_who_can_answers_in_json() -> None:
    answer = json.loads(run("who-can", "kms:Encrypt", *ACCOUNT_OPTIONS, "--output", "json").stdout)
    bob = next(each for each in answer if each["principal"].endswith("/Bob"))
    assert (["kms:Encrypt"], True, [], []) == (bob["actions"], bob["certain"], bob["when"], bob["unless"])
    assert [{"kind": "IAM policy", "by": ["user/Bob policy Own statement 1", 'key policy "IAM"'], "when": []}] == bob[
        "paths"
    ]


def test_a_class_of_actions_names_the_actions_of_each() -> None:
    result = run("who-can", "@usage", *ACCOUNT_OPTIONS)
    assert "    kms:Decrypt\n" in result.stdout
    assert "kms:Encrypt" in result.stdout


@pytest.mark.parametrize("key", ["files", "main", "alias/main", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/files"])
def test_a_scenarios_world_may_be_asked(key: str) -> None:
    result = run("who-can", "kms:Decrypt", "--on", key, "--scenario", "files.scenario")
    assert 0 == result.exit_code
    assert "role/app/Web" in result.stdout
    assert "assumed-role/Web/i-1" in result.stdout


def test_admins_and_users_flag_those_who_are_both() -> None:
    account = dumps.small()
    account["RoleDetailList"].append(dumps.role("Both", AttachedManagedPolicies=dumps.attached(ADMINISTRATOR)))
    Path("account.json").write_text(json.dumps(account))
    admins, users = run("admins", "files", *ACCOUNT_OPTIONS), run("users", "files", *ACCOUNT_OPTIONS)
    assert (0, 0) == (admins.exit_code, users.exit_code)
    assert "  role/Both  (administers and uses)" in admins.stdout.splitlines()
    assert "  role/Both  (administers and uses)" in users.stdout.splitlines()
    assert "role/app/Web" not in admins.stdout
    answer = json.loads(run("users", "files", *ACCOUNT_OPTIONS, "--output", "json").stdout)
    assert [f"arn:aws:iam::{ACCOUNT}:role/Both"] == answer["administer_and_use"]


def test_a_key_policy_alone_may_be_asked() -> None:
    result = run("users", "--key-policy", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1=files.json")
    assert 0 == result.exit_code
    assert "whose IAM policies are not known" in result.stdout


USAGE = [
    (("who-can", "kms:Decript", *ACCOUNT_OPTIONS), "did you mean `kms:Decrypt`?"),
    (("who-can", "kms:Decrypt"), "Missing option '--key-policy'"),
    (("who-can", "kms:Decrypt", *ACCOUNT_OPTIONS, "--on", "file"), "did you mean `files`?"),
    (("who-can", "kms:Decrypt", *ACCOUNT_OPTIONS, "--key-policy", "other.json"), "which key is meant?"),
    (("who-can", "kms:Decrypt", "--account", "account.json"), "there is no key"),
    (("who-can", "kms:Decrypt", "--scenario", "files.scenario", "--scp", "x"), "cannot stand beside '--scenario'"),
    (("who-can", "kms:Decrypt", "--scenario", "gone"), "`gone` cannot be read: No such file"),
    (("who-can", "kms:Decrypt", "--scenario", "account.json"), "error["),
    (("who-can", "kms:Decrypt", "--scenario", "empty.scenario"), "holds no scenario"),
    (("who-can", "kms:Decrypt", *ACCOUNT_OPTIONS, "--context", "x"), "`x` is no condition key"),
    (("admins", "files", "--account", "files.json", "--key-policy", "files.json"), "error[account]"),
    (("users", "files", "--key-policy", "files.json"), "whose key is `files.json`?"),
    (("users", "files", "--account", "account.json", "--key-policy", "account.json"), "error["),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=[f"{message} {each}" for each, message in USAGE])
def test_what_cannot_be_used_is_said_and_exits_with_2(arguments: tuple[str, ...], message: str) -> None:
    Path("empty.scenario").write_text("")
    result = run(*arguments)
    assert 2 == result.exit_code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
