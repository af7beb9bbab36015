"""`keyservice container`: a process that gives botocore the role's credentials, for the token that it wrote."""

import os
import stat
import subprocess
import sys

import pytest
from botocore.utils import ContainerMetadataFetcher
from click.testing import CliRunner

from keyservice.cli.container import command
from tests.keyservice.cli.test_imds_command import directory  # noqa: F401 - a fixture

ACCOUNT = "111122223333"


def run(directory, tmp_path, *more):  # noqa: F811 - the imported fixture's value
    arguments = ["--data", str(directory.path), "--token-file", str(tmp_path / "token"), "--port", "0"]
    return CliRunner().invoke(command, [*arguments, *more])


def test_a_role_nobody_has_heard_of_is_an_error(directory, tmp_path):  # noqa: F811 - likewise
    result = run(directory, tmp_path, "--role", "gone")
    assert (1, f"Error: account {ACCOUNT} has no role `gone`\n") == (result.exit_code, result.output)


def test_a_directory_that_was_never_served_is_an_error(tmp_path):
    result = CliRunner().invoke(command, ["--role", "web", "--data", str(tmp_path / "none"), "--port", "0"])
    assert (1, True) == (result.exit_code, "cannot start: " in result.output)


def test_a_process_serves_whoever_has_the_token(directory, tmp_path):  # noqa: F811 - likewise
    token = tmp_path / "token"
    arguments = ["--role", "web", "--data", str(directory.path), "--token-file", str(token), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "keyservice.cli.main", "container", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        url = process.stdout.readline().split()[-1]
        assert url.endswith("/v1/credentials")
        assert 0o600 == stat.S_IMODE(token.stat().st_mode)
        fetcher = ContainerMetadataFetcher(sleep=lambda seconds: None)
        with pytest.raises(Exception, match="does not allow ecs-tasks"):
            fetcher.retrieve_full_uri(url, headers={"Authorization": token.read_text()})
        with pytest.raises(Exception, match="authorization token does not match"):
            fetcher.retrieve_full_uri(url, headers={"Authorization": "other"})
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
