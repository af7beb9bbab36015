"""`policy fmt`: in place, checked, as a difference; a file with faults is left alone."""

import stat

import pytest
from click.testing import CliRunner

from policy.cli.main import main

UNTIDY = "allow {\n action kms:* # all\n}"
TIDY = "allow {\n  action     kms:*  # all\n}\n"


def run(*arguments, data=None):
    return CliRunner().invoke(main, ["fmt", *map(str, arguments)], input=data)


@pytest.fixture
def untidy(tmp_path):
    path = tmp_path / "p.policy"
    path.write_text(UNTIDY)
    return path


def test_a_file_is_formatted_in_place_and_keeps_its_mode(untidy):
    untidy.chmod(0o640)
    assert 0 == run(untidy).exit_code
    assert TIDY == untidy.read_text()
    assert 0o640 == stat.S_IMODE(untidy.stat().st_mode)
    assert [untidy] == list(untidy.parent.iterdir())


def test_check_says_what_would_change_and_writes_nothing(untidy):
    result = run("--check", untidy)
    assert (1, "", True) == (result.exit_code, result.stdout, "would change" in result.stderr)
    assert UNTIDY == untidy.read_text()


def test_check_is_content_with_a_formatted_file(untidy):
    untidy.write_text(TIDY)
    assert 0 == run("--check", untidy).exit_code


def test_diff_prints_the_change_and_writes_nothing(untidy):
    result = run("--diff", untidy)
    assert 0 == result.exit_code
    assert "- action kms:* # all\n" in result.stdout
    assert "+  action     kms:*  # all\n" in result.stdout
    assert UNTIDY == untidy.read_text()
    assert 1 == run("--diff", "--check", untidy).exit_code


def test_the_standard_input_is_printed_formatted():
    result = run("-", data=UNTIDY)
    assert (0, TIDY) == (result.exit_code, result.stdout)


def test_a_file_with_faults_is_left_alone_while_others_are_formatted(untidy, tmp_path):
    broken = tmp_path / "broken.policy"
    broken.write_text("alow {}")
    result = run(broken, untidy, tmp_path / "none.policy")
    assert 2 == result.exit_code
    assert ("alow {}", TIDY) == (broken.read_text(), untidy.read_text())
    assert "did you mean `allow`?" in result.stderr
    assert "none.policy" in result.stderr


def test_json_stays_json(tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"Statement": {"Effect": "Deny", "Action": ["a"]}}')
    assert 0 == run(path).exit_code
    assert path.read_text().startswith('{\n  "Version": "2008-10-17",\n')
    assert 0 == run("--check", path).exit_code


def test_a_link_stays_a_link(untidy, tmp_path):
    link = tmp_path / "link.policy"
    link.symlink_to(untidy)
    assert 0 == run(link).exit_code
    assert (True, TIDY) == (link.is_symlink(), untidy.read_text())


def test_files_have_to_be_named():
    assert 2 == run().exit_code
