"""`policy convert`: either spelling, from files and the standard input, with every fault said and no traceback."""

import json

import pytest
from click.testing import CliRunner

from policy.cli.main import main

JSON = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}'
TEXT = "allow {\n  action     kms:*\n  resource   *\n}\n"


def run(*arguments, data=None):
    return CliRunner().invoke(main, ["convert", *map(str, arguments)], input=data)


def test_json_becomes_text(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(JSON)
    result = run("--to", "text", path)
    assert (0, TEXT, "") == (result.exit_code, result.stdout, result.stderr)


def test_text_becomes_json_from_the_standard_input():
    result = run("-", "--to", "json", data=TEXT)
    assert 0 == result.exit_code
    assert {"Effect": "Allow", "Action": "kms:*", "Resource": "*"} == json.loads(result.stdout)["Statement"][0]


def test_a_byte_order_mark_is_no_fault():
    result = run("-", "--to", "text", data=b"\xef\xbb\xbf" + JSON.encode())
    assert (0, TEXT) == (result.exit_code, result.stdout)


def test_every_fault_is_on_the_standard_error(tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"Version": "x",\n "Statement": [{"Effect": "allow"},\n {"Effect": "Deny", "Acton": "a"}]}')
    result = run("--to", "text", path)
    assert (2, "") == (result.exit_code, result.stdout)
    assert 3 == result.stderr.count("error[")
    for place in ("p.json:1:13", "p.json:2:27", "p.json:3:21"):
        assert place in result.stderr


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (JSON.encode("utf-16"), "UTF-16"),
        (b"\xff\xfe", "UTF-16"),
        (b"allow {\n\xe9}", "does not decode"),
        (b"\x00\x01\x02", "NUL"),
        (b"\x89PNG\r\n\x1a\n", "does not decode"),
        (b"", "no statement"),
        (b"{", "document ends"),
        (b"[" * 20_000, "nest more than 100 deep"),
    ],
)
def test_input_that_is_no_policy_is_refused_in_words(data, expected):
    result = run("-", "--to", "json", data=data)
    assert (2, "", None) == (result.exit_code, result.stdout, result.exc_info and result.exc_info[1].__cause__)
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path):
    for path, expected in ((tmp_path / "none.json", "No such file"), (tmp_path, "Is a directory")):
        result = run("--to", "json", path)
        assert (2, True) == (result.exit_code, expected in result.stderr)


def test_the_spelling_has_to_be_said():
    assert 2 == run("-").exit_code
    assert 2 == run("-", "--to", "yaml").exit_code


def test_help_names_every_command():
    result = CliRunner().invoke(main, ["--help"])
    assert 0 == result.exit_code
    assert "convert" in result.stdout
    assert "fmt" in result.stdout


def test_an_unknown_command_is_a_usage_error():
    assert 2 == CliRunner().invoke(main, ["no-such"]).exit_code
