"""`policy lint` and `policy rules` as they are used: what is printed, what is written, and the exit status."""

import json
import os
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy.cli.main import main
from policy.lint.table import RULES

CLEAN = 'allow "Read" {\n  action    kms:ListKeys\n  resource  *\n}\n'
WRONG = 'allow "Read" {\n  action    kms:Lits\n  resource  *\n}\n'
SUGGESTED = 'allow "Read" {\n  action    kms:List*, kms:ListKeys\n  resource  *\n}\n'
JSON_POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}'


def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["lint", *map(str, arguments)], input=stdin, catch_exceptions=False)


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, content: str | bytes) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def test_a_clean_policy_gives_status_0() -> None:
    result = run(write("a.policy", CLEAN))
    assert (0, "", "1 policy, no findings\n") == (result.exit_code, result.stdout, result.stderr)


def test_a_finding_gives_status_1() -> None:
    result = run(write("a.policy", WRONG))
    assert 1 == result.exit_code
    assert "error[WK301]" in result.stdout
    assert "1 policy, 1 error\n" == result.stderr


@pytest.mark.parametrize(("level", "status"), [("suggestion", 1), ("warning", 0), ("security", 0), ("error", 0)])
def test_fail_on_says_what_matters(level: str, status: int) -> None:
    assert status == run(write("a.policy", SUGGESTED), "--fail-on", level).exit_code


UNUSABLE = {
    "broken JSON": b'{"Version": "2012-10-17", "Statement": [{]}',
    "half a file": b'{"Version": "2012-10-17", "Statement": [',
    "byte order mark": b"\xef\xbb\xbf" + JSON_POLICY.encode(),
    "UTF-16": JSON_POLICY.encode("utf-16"),
    "UTF-16 without a mark": JSON_POLICY.encode("utf-16-le"),
    "duplicate keys": b'{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}',
    "binary": bytes(range(256)),
    "no UTF-8": b'allow "\xff" {}',
    "nothing": b"",
    "only white space": b" \n",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"Statement":' * 50_000,
    "text that is no policy": b"hello\n",
    "JSON that is no policy": b'{"a": 1}',
    "null": b'{"Statement": null}',
    "a huge line": b'{"Statement": "' + b"a" * 3_000_000 + b'"}',
    "broken YAML": b"Resources: [\n",
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("name", ["a.json", "a.policy", "-"])
def test_unusable_input_gives_status_2_and_says_why(content: bytes, name: str) -> None:
    result = run(name, stdin=content) if name == "-" else run(write(name, content))
    assert 2 == result.exit_code
    assert "error" in result.output
    assert re.search(r"(a\.json|a\.policy|<stdin>|-):[0-9]+:[0-9]+", result.output)
    assert "Traceback" not in result.output


def test_a_file_that_is_not_there_gives_status_2_and_the_others_are_linted() -> None:
    result = run("missing.json", write("a.policy", WRONG))
    assert 2 == result.exit_code
    assert "WK301" in result.stdout
    assert "`missing.json` cannot be read" in result.stderr


def test_the_standard_input_is_a_dash() -> None:
    assert "<stdin>:2:13" in run("-", stdin=WRONG).stdout


def test_directories_are_searched_and_other_files_passed_over() -> None:
    write("d/a.policy", WRONG)
    write("d/inner/b.json", JSON_POLICY)
    write("d/package.json", '{"name": "x"}')
    write("d/tsconfig.json", "{ // comments\n}")
    write("d/.hidden/c.policy", WRONG)
    write("d/node_modules/c.policy", WRONG)
    write("d/notes.txt", "hello")
    result = run("d")
    assert (1, "2 policies, 1 error\n") == (result.exit_code, result.stderr)


def test_named_files_that_hold_no_policy_can_be_passed_over() -> None:
    result = run(write("package.json", '{"name": "x"}'), write("a.policy", WRONG), "--skip-others")
    assert (1, "1 policy, 1 error\n") == (result.exit_code, result.stderr)


def test_a_broken_policy_in_a_directory_is_not_passed_over() -> None:
    write("d/a.json", '{"Version": "2012-10-17", "Statement": [')
    assert 2 == run("d").exit_code


def test_globs_are_expanded() -> None:
    write("d/x/a.policy", WRONG)
    assert "WK301" in run("d/**/*.policy").stdout
    assert 2 == run("d/**/*.yaml").exit_code


def test_one_file_named_twice_is_linted_once() -> None:
    name = write("d/a.policy", WRONG)
    assert "1 policy, 1 error\n" == run(name, name, "d").stderr


def test_the_kind_can_be_said() -> None:
    name = write("a.policy", 'allow "Read" {\n  action    kms:DescribeKey\n  resource  *\n}\n')
    assert 0 == run(name).exit_code
    assert "WK101" in run(name, "--kind", "key").stdout


def test_rules_can_be_selected_and_ignored() -> None:
    name = write("a.policy", WRONG)
    assert 0 == run(name, "--select", "WK5").exit_code
    assert 0 == run(name, "--ignore", "WK301,WK302").exit_code
    assert 1 == run(name, "--select", "WK3", "--select", "WK5").exit_code
    result = run(name, "--select", "WK999")
    assert (2, True) == (result.exit_code, "`WK999` is no rule" in result.stderr)


def test_what_cannot_be_read_is_said_whatever_is_selected() -> None:
    assert 2 == run(write("a.json", '{"Statement": ['), "--select", "WK5").exit_code


def test_pyproject_configures() -> None:
    write("pyproject.toml", '[tool.wardkey]\nignore = ["WK301"]\n')
    assert 0 == run(write("a.policy", WRONG)).exit_code
    write("pyproject.toml", '[tool.wardkey.per-file-ignores]\n"*.policy" = ["WK501"]\n')
    result = run("a.policy")
    assert "WK901" in result.stdout
    write("pyproject.toml", "[tool.wardkey]\nnonsense = 1\n")
    assert 2 == run("a.policy").exit_code


def test_fix_repairs_the_file_and_prints_what_is_left() -> None:
    name = write("a.policy", SUGGESTED)
    result = run(name, "--fix", "--fail-on", "suggestion")
    assert (0, "1 policy, no findings, 1 fixed\n") == (result.exit_code, result.stderr)
    assert SUGGESTED.replace(", kms:ListKeys", "") == Path(name).read_text()


def test_fix_of_the_standard_input_prints_it() -> None:
    assert SUGGESTED.replace(", kms:ListKeys", "") == run("-", "--fix", stdin=SUGGESTED).stdout


def test_fix_leaves_a_file_without_findings_alone() -> None:
    name = write("a.policy", CLEAN)
    before = Path(name).stat().st_mtime_ns
    time.sleep(0.01)
    run(name, "--fix")
    assert before == Path(name).stat().st_mtime_ns


@pytest.mark.parametrize("output", ["json", "sarif"])
def test_output_for_machines_is_json_alone(output: str) -> None:
    assert json.loads(run(write("a.policy", WRONG), "--output", output).stdout)


def test_output_for_github_is_commands() -> None:
    assert run(write("a.policy", WRONG), "--output", "github").stdout.startswith("::error file=a.policy,line=2,")


def test_several_processes_find_what_one_does_in_the_same_order() -> None:
    for number in range(40):
        write(f"d/{number:02}.policy", WRONG if number % 3 else CLEAN)
    one, two = run("d", "--jobs", "1"), run("d", "--jobs", "2")
    assert (one.exit_code, one.stdout, one.stderr) == (two.exit_code, two.stdout, two.stderr)
    assert 26 == one.stdout.count("WK301]")


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_file_that_may_not_be_read_gives_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    name = write("a.policy", CLEAN)
    monkeypatch.setattr(Path, "open", refuse)
    assert 2 == run(name).exit_code


UNREADABLE = [
    (b'{\n "Version": "\xe9"}', 2, 14, "is no UTF-8 text: byte 15 (line 2)"),
    (b'{\n "Version": "\0"}', 2, 14, "holds NUL bytes"),
    ('{"Version"}'.encode("utf-16"), 1, 1, "is UTF-16"),
    ('{"Version"}'.encode("utf-16-le"), 1, 1, "is UTF-16"),
    ('{"Version"}'.encode("utf-32"), 1, 1, "is UTF-32"),
]


@pytest.mark.parametrize(("data", "line", "column", "message"), UNREADABLE, ids=[each[3] for each in UNREADABLE])
def test_what_is_no_text_is_a_finding_at_its_place(data: bytes, line: int, column: int, message: str) -> None:
    Path("a.json").write_bytes(data)
    result = run("a.json", "--output", "json")
    [finding] = json.loads(result.stdout)
    assert (2, line, column) == (result.exit_code, finding["line"], finding["column"])
    assert message in finding["message"]


@pytest.mark.skipif(os.name != "posix", reason="named pipes are POSIX's")
def test_a_pipe_in_a_directory_is_not_waited_for() -> None:
    os.mkfifo("a.json")
    assert 0 == run(".").exit_code


def rules(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rules", *arguments], catch_exceptions=False)


def test_rules_lists_all() -> None:
    result = rules()
    assert (0, len(RULES)) == (result.exit_code, len(result.output.splitlines()))


@pytest.mark.parametrize("code", ["WK301", "wk301", "unknown-kms-action"])
def test_rules_prints_a_page(code: str) -> None:
    result = rules(code)
    assert 0 == result.exit_code
    assert result.output.startswith("# WK301 unknown-kms-action\n")
    assert "IAM Access Analyzer: INVALID_ACTION." in result.output


def test_rules_prints_the_pages_of_a_group() -> None:
    pages = sum(line.startswith("# WK7") for line in rules("WK7").output.splitlines())
    assert sum(rule.code.startswith("WK7") for rule in RULES) == pages


def test_a_rule_that_does_not_exist_gives_status_2() -> None:
    assert 2 == rules("WK999").exit_code
