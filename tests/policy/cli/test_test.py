"""`policy test`: scenario files run from the command line."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy.cli.main import main
from policy.cli.test import _run
from policy.cli.watch import run_and_watch, times_of

POLICY = "allow {\n  principal  *\n  action     kms:*\n  resource   *\n}\n"
HOLDS = 'scenario "Open"\naccount 111122223333\nkey k policy "key.policy"\nexpect allow anonymous kms:Decrypt k\n'
FAILS = HOLDS.replace("allow", "explicit deny")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("key.policy").write_text(POLICY)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["test", *arguments])


def test_scenarios_that_hold_exit_with_0(directory: Path) -> None:
    (directory / "a.scenario").write_text(HOLDS)
    result = run("a.scenario")
    assert 0 == result.exit_code
    assert ["ok   a.scenario: Open (1/1)", "1 passed, 0 failed"] == result.stdout.splitlines()


def test_verbose_tells_every_line_with_its_reasons(directory: Path) -> None:
    (directory / "a.scenario").write_text(HOLDS)
    lines = run(".", "-v").stdout.splitlines()
    assert "  line 4: expect allow anonymous kms:Decrypt k" == lines[1]
    assert "    - key policy statement 1 (key.policy:1) allows it" == lines[2]


def test_a_line_that_fails_exits_with_1_and_is_explained(directory: Path) -> None:
    (directory / "a.scenario").write_text(FAILS)
    (directory / "b.scenario").write_text(HOLDS)
    result = run(".")
    assert 1 == result.exit_code
    assert "FAIL a.scenario: Open (0/1)" in result.stdout
    assert "a.scenario:4: expected explicit deny, decided allow" in result.stdout
    assert "1 passed, 1 failed" == result.stdout.splitlines()[-1]


def test_a_file_with_faults_exits_with_2_and_the_others_still_run(directory: Path) -> None:
    (directory / "a.scenario").write_text("rloe X\n")
    (directory / "b.scenario").write_text(HOLDS)
    result = run(".")
    assert 2 == result.exit_code
    assert "did you mean `role`?" in result.stderr
    assert "1 passed, 0 failed, 1 files unusable" == result.stdout.splitlines()[-1]


@pytest.mark.usefixtures("directory")
def test_what_is_not_there_exits_with_2() -> None:
    result = run("gone.scenario")
    assert 2 == result.exit_code
    assert "`gone.scenario` cannot be read: No such file" in result.stderr


@pytest.mark.usefixtures("directory")
def test_nothing_to_run_exits_with_2() -> None:
    result = run(".")
    assert (2, "0 passed, 0 failed, no scenario found") == (result.exit_code, result.stdout.strip())


def test_a_file_that_is_no_text_is_said(directory: Path) -> None:
    (directory / "a.scenario").write_bytes(b"\xff\xfe\x00")
    result = run("a.scenario")
    assert 2 == result.exit_code
    assert "not UTF-8" in result.stderr


def test_a_failure_says_which_statement_to_change(directory: Path) -> None:
    (directory / "a.scenario").write_text(HOLDS.replace("allow", "deny"))
    lines = run("a.scenario").stdout.splitlines()
    place = lines.index("  What to change:")
    assert "    key policy statement 1 (key.policy:1) allows it: narrow this statement" == lines[place + 1]
    assert ["       --> key.policy:1", "      1 | allow {"] == lines[place + 2 : place + 4]


def test_watching_runs_again_after_a_change_and_ends_with_ctrl_c(directory: Path) -> None:
    (directory / "a.scenario").write_text(HOLDS)
    changes = iter([lambda: (directory / "key.policy").write_text(POLICY.replace("allow", "deny")), None])
    statuses = []

    def wait(seconds: float) -> None:
        change = next(changes)
        if change is None:
            raise KeyboardInterrupt
        change()

    def once() -> tuple[int, set[Path]]:
        status, files = _run(("a.scenario",), verbose=False)
        statuses.append(status)
        return status, files

    assert 1 == run_and_watch(once, wait=wait)
    assert [0, 1] == statuses


def test_watching_follows_new_files_and_missing_policies(directory: Path) -> None:
    (directory / "a.scenario").write_text(HOLDS.replace("key.policy", "later.policy"))
    _, files = _run((".",), verbose=False)
    assert {Path(), Path("a.scenario"), Path("later.policy")} <= files
    before = times_of(files)
    (directory / "later.policy").write_text(POLICY)
    assert before != times_of(files)


def test_ctrl_c_ends_a_watching_command(directory: Path) -> None:
    (directory / "a.scenario").write_text(HOLDS)
    # A shell that runs the tests in its background has them ignore Ctrl-C, and what they start likewise.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{heed}; from policy.cli.main import main; main()", "test", "a.scenario", "--watch"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    try:
        assert process.stderr is not None
        assert "Watching 2 files" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (0, True) == (process.returncode, "1 passed, 0 failed" in output)
    assert "Traceback" not in errors
