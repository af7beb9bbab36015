"""`policy simulate --account` and `--cli-input-json`, as they are called."""

import csv
import json
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy.cli.main import main
from policy.cli.progress import with_progress
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import ACCOUNT, delegating, names

ALICE = f"arn:aws:iam::{ACCOUNT}:user/staff/Alice"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/files"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    dumps.write(tmp_path, dumps.small(), {"files": delegating(), "own": delegating(names(ALICE, "kms:Encrypt"))})
    return tmp_path


ONE_KEY = ("--account", "account.json", "--key-policy", "files.json")
TWO_KEYS = (*ONE_KEY, "--key-policy", "own.json")


def simulate(*arguments: str, stdin: str | bytes = "") -> Result:
    result = CliRunner().invoke(main, ["simulate", *arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (0, ("--principal", ALICE, "--action", "kms:Decrypt")),
        (0, ("--principal", "Alice", "--action", "kms:Decrypt", "--resource", "files")),
        (0, ("--principal", "role/Web", "--action", "kms:Decrypt", "--resource", KEY)),
        (0, ("--principal", f"arn:aws:sts::{ACCOUNT}:assumed-role/Web/i-1", "--action", "kms:Decrypt")),
        (0, ("--principal", "instance-profile/Web", "--action", "kms:Decrypt")),
        (1, ("--principal", "role/Idle", "--action", "kms:Decrypt")),
        (1, ("--principal", "Bounded", "--action", "kms:Encrypt")),
        (0, ("--principal", "Bounded", "--action", "kms:Decrypt")),
        (1, ("--principal", "Alice", "--action", "kms:ListKeys", "--resource", "*")),
    ],
)
def test_a_single_request_is_decided_and_explained(status: int, arguments: tuple[str, ...]) -> None:
    result, as_json = simulate(*ONE_KEY, *arguments), simulate(*ONE_KEY, *arguments, "--output", "json")
    assert (status, status) == (result.exit_code, as_json.exit_code)
    assert "Request context:" in result.stdout
    assert ("allow" if status == 0 else "implicit deny") == json.loads(as_json.stdout)["decision"]


def test_the_explanation_shows_the_statement_in_the_account() -> None:
    output = simulate(*ONE_KEY, "--principal", "Alice", "--action", "kms:Decrypt").stdout
    assert 'identity-based policy statement "Uses" (group/readers policy Read:4) allows it' in output
    assert "--> group/readers policy Read:4" in output
    assert "aws:PrincipalTag/team = web" in output
    assert "aws:userid = AIDAAlice" in output


def test_key_policies_may_be_named_by_arn_and_wrapped_as_get_key_policy_prints_them() -> None:
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/9"
    wrapped = {"Policy": json.dumps(delegating(names(ALICE, "kms:Encrypt"))), "PolicyName": "default"}
    Path("wrapped.json").write_text(json.dumps(wrapped))
    ask = ("--principal", "Alice", "--action", "kms:Encrypt")
    assert 0 == simulate("--account", "account.json", "--key-policy", f"{arn}=wrapped.json", *ask).exit_code
    assert 1 == simulate(*ONE_KEY, *ask).exit_code


def test_control_policies_and_grants_bear_on_the_account() -> None:
    Path("none.json").write_text(json.dumps(dumps.policy(dumps.allow("s3:*"))))
    grant = {"KeyId": "files", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/Idle", "Operations": ["Decrypt"]}
    Path("grants.json").write_text(json.dumps({"Grants": [grant, {**grant, "KeyId": "gone"}]}))
    ask = ("--principal", "Idle", "--action", "kms:Decrypt", "--grants", "grants.json")
    granted = simulate(*ONE_KEY, *ask)
    assert 0 == granted.exit_code
    assert "warning[account]: `grants.json`: grant 2 is for the key `gone`" in granted.stderr
    assert 1 == simulate(*ONE_KEY, *ask, "--scp", "none.json").exit_code


def test_a_matrix_tells_for_each_key_who_may_do_what() -> None:
    result = simulate(*TWO_KEYS, "--matrix", "--actions", "kms:Decrypt,kms:Encrypt", "--explain")
    assert 0 == result.exit_code
    assert [
        KEY,
        "  user/staff/Alice",
        "    allow: kms:Decrypt",
        '      allowed by group/readers policy Read "Uses" and key policy "IAM"',
    ] == result.stdout.splitlines()[:4]
    assert "  1 principal: implicit deny of everything" in result.stdout.splitlines()
    assert result.stdout.count(":key/") == 2


def test_a_matrix_may_be_of_some_principals_and_one_key() -> None:
    result = simulate(*TWO_KEYS, "--matrix", "--principals", "role/*", "--resource", "own", "--output", "json")
    answer = json.loads(result.stdout)
    assert [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("app/Web", "Bounded", "Idle")] == answer["principals"]
    assert [KEY.replace("files", "own")] == answer["keys"]
    assert len(answer["actions"]) * 3 == len(answer["decisions"])
    assert {"principal", "key", "action", "decision", "reason"} == answer["decisions"][0].keys()


def test_a_matrix_in_csv_has_a_row_for_every_cell() -> None:
    result = simulate(*TWO_KEYS, "--matrix", "--actions", "@usage", "--output", "csv")
    rows = list(csv.DictReader(StringIO(result.stdout)))
    assert 5 * 9 * 2 == len(rows)
    assert {"allow", "implicit deny"} == {row["decision"] for row in rows}


class Page(HTMLParser):
    """What a browser would see: cells with their reason, and anything fetched from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[dict[str, str | None]] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.fetched += [value for name, value in attrs if name in {"src", "href"} and value]
        if tag == "td" and "data-r" in attributes:
            self.cells.append(attributes)
        if tag not in {"meta", "link", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()


def test_a_matrix_in_html_is_one_page_with_a_reason_for_every_cell() -> None:
    result = simulate(*TWO_KEYS, "--matrix", "--actions", "@usage,@administration", "--output", "html")
    page = Page(result.stdout)
    assert ([], []) == (page.fetched, page.open)
    reasons = json.loads(result.stdout.split("const reasons = ", 1)[1].split(";\n", 1)[0])
    assert {"allow", None} == {cell.get("class") for cell in page.cells}
    assert all(reasons[int(cell["data-r"] or "")] for cell in page.cells)
    assert "url(" not in result.stdout
    assert "default-src 'none'" in result.stdout


def test_the_tables_of_a_large_matrix_are_made_when_they_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = (*TWO_KEYS, "--matrix", "--actions", "@usage", "--output", "html")
    at_once = Page(simulate(*ask).stdout)
    monkeypatch.setattr("policy.cli.matrix_output._MOST_CELLS", 0)
    output = simulate(*ask).stdout
    assert [] == Page(output).cells
    later = "".join(part.split("</script>")[0] for part in output.split('<script type="text/plain">')[1:])
    cells = [cell for cell in Page(later).cells for _ in range(int(cell.pop("data-n", None) or 1))]
    assert at_once.cells == cells


def test_a_name_in_the_account_cannot_break_the_page() -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    account = dumps.dump(
        roles=(dumps.role("Evil", RolePolicyList=dumps.inline(dumps.policy(dumps.allow("kms:*", Sid=evil)), evil)),)
    )
    Path("account.json").write_text(json.dumps(account))
    output = simulate(*ONE_KEY, "--matrix", "--output", "html").stdout
    assert evil not in output
    assert [] == Page(output).fetched


def test_what_the_account_does_not_hold_is_said_and_stands_in_the_answer() -> None:
    gone = dumps.dump(roles=(dumps.role("Web", AttachedManagedPolicies=dumps.attached("Gone")),))
    Path("account.json").write_text(json.dumps(gone))
    result = simulate(*ONE_KEY, "--matrix", "--output", "json")
    assert 0 == result.exit_code
    assert "warning[account]: role/Web: the document of the attached policy" in result.stderr
    assert 1 == len(json.loads(result.stdout)["warnings"])
    assert "policy/Gone` is missing" in simulate(*ONE_KEY, "--matrix", "--output", "html").stdout


TABLE = (
    "id,principal,action,resource,kms:EncryptionContext:app\n"
    "1,user/Alice,kms:Decrypt,files,web\n2,Bob,kms:Decrypt,files,\n"
)


@pytest.mark.parametrize("output", ["text", "json", "csv", "html"])
def test_a_table_of_requests_is_answered_in_order(output: str) -> None:
    result = simulate(*ONE_KEY, "--requests", "-", "--output", output, stdin=TABLE)
    assert 0 == result.exit_code
    assert result.stdout.index("Alice") < result.stdout.index("Bob")
    assert "implicit" in result.stdout or output == "html"


def test_a_table_may_be_explained() -> None:
    result = simulate(*ONE_KEY, "--requests", "-", "--explain", stdin="﻿" + TABLE)
    assert result.stdout.startswith(f"1: allow: {ALICE} kms:Decrypt {KEY}\n  - ")


def test_a_bad_line_of_a_table_is_told_and_exits_with_2() -> None:
    result = simulate(*ONE_KEY, "--requests", "-", "--output", "json", stdin=TABLE + "3,Nobody,kms:Decrypt,*,\n")
    assert 2 == result.exit_code
    assert "error[requests]: `-`:4: `Nobody` is no principal" in result.stderr
    assert ["1", "2"] == [json.loads(line)["id"] for line in result.stdout.splitlines()]


def test_context_of_the_command_line_stands_behind_that_of_the_table() -> None:
    stdin = "principal,action,resource,context\nAlice,kms:Decrypt,files,aws:SourceIp=10.0.0.1\n"
    result = simulate(*ONE_KEY, "--requests", "-", "--context", "AWS:sourceip=10.0.0.2", stdin=stdin)
    assert 0 == result.exit_code


USAGE = [
    (("--matrix",), "needs '--account'"),
    (("--account", "account.json", "--matrix"), "needs at least one '--key-policy'"),
    ((*ONE_KEY, "--matrix", "--actions", "@usge"), "`@usge` is no class of actions"),
    ((*ONE_KEY, "--matrix", "--principals", "role/x*"), "no user or role is of the pattern `role/x*`"),
    ((*ONE_KEY, "--matrix", "--principal", "Alice"), "'--principal' cannot stand beside '--matrix'"),
    ((*ONE_KEY, "--identity-policy", "files.json"), "'--identity-policy' cannot stand beside '--account'"),
    ((*ONE_KEY, "--principal", "Alice"), "Missing option '--action'"),
    ((*TWO_KEYS, "--principal", "Alice", "--action", "kms:Decrypt"), "Missing option '--resource'"),
    ((*ONE_KEY, "--principal", "Alise", "--action", "kms:Decrypt"), "did you mean `Alice`?"),
    ((*ONE_KEY, "--principal", "Alice", "--action", "kms:Decrypt", "--resource", "file"), "did you mean `files`?"),
    ((*ONE_KEY, "--principal", "Alice", "--action", "kms:Decrypt", "--context", "x"), "`x` is no condition key"),
    ((*ONE_KEY, "--principal", "Alice", "--action", "kms:Decrypt", "--output", "html"), "is for a matrix or a table"),
    ((*ONE_KEY, "--key-policy", "files.json"), "is given twice"),
    ((*ONE_KEY, "--requests", "gone.csv"), "`gone.csv` cannot be read: No such file"),
    ((*ONE_KEY, "--requests", "account.json"), "error[requests]: `account.json`:1: "),
    (("--account", "gone.json"), "`gone.json` cannot be read: No such file"),
    (("--account", "files.json"), "error[account]: `files.json`: expected what `aws iam get-account-authorization"),
    (("--account", "cut.json"), "cut.json:1:"),
    (("--account", "wide.json"), "`wide.json` is UTF-16"),
    (("--account", "binary.json"), "`binary.json` is no"),
    (("--account", "null.json"), "found null"),
    (("--key-policy", "arn:aws:s3:::x=files.json", "--account", "account.json"), "is no ARN of a KMS key"),
    (("--key-policy", "files.json", "--key-policy", "own.json"), "Several '--key-policy' need '--account'"),
    (("--cli-input-json", "gone.json"), "`gone.json` cannot be read"),
    (("--cli-input-json", "cut.json"), "cut.json:1:"),
    (("--cli-input-json", "files.json"), "error[input]: `files.json`: "),
    (("--cli-input-json", "files.json", "--action", "a:b"), "'--action' cannot stand beside it"),
]


@pytest.mark.parametrize(("arguments", "message"), USAGE, ids=[f"{message} {each}" for each, message in USAGE])
def test_what_cannot_be_used_is_said_and_exits_with_2(arguments: tuple[str, ...], message: str) -> None:
    text = Path("account.json").read_text()
    Path("cut.json").write_text(text[: len(text) // 2])
    Path("wide.json").write_text(text, encoding="utf-16")
    Path("binary.json").write_bytes(bytes(range(256)) * 10)
    Path("null.json").write_text("null")
    result = simulate(*arguments)
    assert 2 == result.exit_code
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_awss_simulator_input_is_answered_in_its_shape() -> None:
    call = {"PolicyInputList": [json.dumps(dumps.policy(dumps.allow("kms:*")))], "ActionNames": ["kms:Decrypt"]}
    Path("input.json").write_text(json.dumps(call))
    result = simulate("--cli-input-json", "input.json")
    assert 0 == result.exit_code
    assert "allowed" == json.loads(result.stdout)["EvaluationResults"][0]["EvalDecision"]
    Path("input.json").write_text(json.dumps({**call, "PolicyInputList": ["{"]}))
    bad = simulate("--cli-input-json", "input.json")
    assert (2, "") == (bad.exit_code, bad.stdout)
    assert "PolicyInputList.1:1:" in bad.stderr


def test_a_progress_bar_stands_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert list(range(300)) == list(with_progress(range(300), length=300, label="Deciding"))
    assert "Deciding" in terminal.getvalue()
    pipe = StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    assert list(range(300)) == list(with_progress(range(300), length=300, label="Deciding"))
    assert "" == pipe.getvalue()
