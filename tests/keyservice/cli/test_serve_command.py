"""`keyservice serve` starts on a new directory, ends cleanly on a signal, and says in a line why it will not start."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from configparser import ConfigParser
from pathlib import Path

import pytest

SERVE = [sys.executable, "-u", "-m", "keyservice.cli.main", "serve"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_service_with_everything_closed(number: signal.Signals, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with subprocess.Popen([*SERVE, "--data", str(data), "--port", "0"], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        for line in service.stdout:
            if line.startswith("store.") or line.strip().endswith("secrets store."):
                break
        _wait_until_ready(data)
        service.send_signal(number)
        assert 0 == service.wait(timeout=30)
    left = {path.name for path in data.iterdir()}
    assert {"aws", "root.key", "trail", "wardkey.db", "wardkey.db.lock"} == left


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--account", "12"], "--account: `12` is no account id: expected 12 digits"),
        (["--region", "Mars"], "--region: `Mars` is no region"),
        (["--port", "99999"], "--port"),
    ],
)
def test_settings_that_cannot_be_are_usage_errors(options: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*SERVE, "--data", str(tmp_path / "data"), *options], capture_output=True, text=True, check=False
    )
    assert 2 == done.returncode
    assert said in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_directory_that_is_served_is_not_served_twice(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    command = [*SERVE, "--data", data, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline().startswith("Wardkey key service: ")
            second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
            assert 1 == second.returncode
            assert "in use by another process" in second.stderr
            assert "Traceback" not in second.stderr
        finally:
            first.terminate()


def _wait_until_ready(data: Path) -> None:
    config = ConfigParser()
    config.read(data / "aws" / "config")
    for _ in range(100):
        try:
            with urllib.request.urlopen(config["default"]["endpoint_url"] + "/readyz", timeout=5) as answer:
                assert 200 == answer.status
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail("the service did not become ready")
