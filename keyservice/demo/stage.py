"""What the story plays on: the service and the instances' metadata as processes of their own, and ways to run programs.

Everything here goes through the public commands and an ordinary SDK; nothing reaches into the service.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from keyservice.audit.reader import TrailReader
from keyservice.data_directory import DataDirectory
from keyservice.store.sqlite import SqliteStore

HERE = Path(__file__).parent
_PATIENCE = 30.0  # seconds that a process may take to say where it listens

# What could lead an SDK to other credentials or another endpoint than the story's.
_FOREIGN = ("AWS_", "BOTO_")


class StageError(Exception):
    """A process of the story did not start; the message holds what it said."""


@dataclass(slots=True)
class Stage:
    """A running service on a data directory, and the metadata endpoints of instances."""

    directory: DataDirectory
    endpoint: str
    service: "subprocess.Popen[str]"
    instances: dict[str, str] = field(default_factory=dict)

    def client(self, name: str, access_key: tuple[str, str] | None = None) -> Any:
        """A boto3 client of a service, as the administrator or with another access key."""
        with _environment(self.clean_environment(administrator=access_key is None)):
            given = {"aws_access_key_id": access_key[0], "aws_secret_access_key": access_key[1]} if access_key else {}
            session = boto3.session.Session(region_name="us-east-1", **given)
            return session.client(name, endpoint_url=self.endpoint)

    def run(self, program: str, *arguments: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run one of the story's programs, with nothing of this process's AWS settings but what is given."""
        command = [sys.executable, str(HERE / program), *arguments]
        return subprocess.run(  # noqa: S603 - our own program
            command, env={**self.clean_environment(), **environment}, capture_output=True, text=True, check=False
        )

    def on_instance(self, instance: str) -> dict[str, str]:
        """The environment of a program on an instance: where metadata and service are, and no credentials at all."""
        return {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.instances[instance],
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def clean_environment(self, *, administrator: bool = False) -> dict[str, str]:
        """This process's environment without AWS settings; the administrator's files if wanted, empty ones if not."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        nothing = os.devnull
        environment["AWS_CONFIG_FILE"] = str(self.directory.aws_config) if administrator else nothing
        environment["AWS_SHARED_CREDENTIALS_FILE"] = str(self.directory.aws_credentials) if administrator else nothing
        return environment

    def event(self, request_id: str) -> Any:
        """What the audit trail says of a request."""
        return next(event for event in self.events() if event.get("requestID") == request_id)

    def events(self) -> Sequence[Any]:
        """The audit trail's events."""
        store = SqliteStore.open(self.directory.store, create=False, read_only=True)
        try:
            return [entry["event"] for entry in TrailReader(self.directory.trail, store).entries()]
        finally:
            store.close()


@contextmanager
def staged(data: Path, port: int) -> Iterator[Stage]:
    """A stage whose processes end with the block."""
    directory = DataDirectory(data.resolve())
    service = _start("serve", "--data", str(directory.path), "--port", str(port))
    try:
        endpoint = _said(service, "Wardkey key service: ")
        yield Stage(directory, endpoint.split(" ", 1)[0], service)
    finally:
        _end(service)


@contextmanager
def instance_metadata(stage: Stage, instance: str) -> Iterator[None]:
    """The metadata endpoint of an instance, for as long as the block lasts."""
    process = _start("imds", "--instance", instance, "--data", str(stage.directory.path), "--port", "0")
    try:
        stage.instances[instance] = _said(process, f"Instance metadata of {instance}: ").strip()
        yield
    finally:
        _end(process)


def keyservice(*arguments: str) -> str:
    """Run a `keyservice` command to its end, and give what it printed."""
    command = [sys.executable, "-m", "keyservice.cli.main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise StageError(done.stderr.strip())
    return done.stdout


def _start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-u", "-m", "keyservice.cli.main", *arguments]
    return subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _said(process: "subprocess.Popen[str]", opening: str) -> str:
    """The rest of the line that begins so, which a process prints when it listens."""
    deadline = time.monotonic() + _PATIENCE
    while process.stdout is not None and time.monotonic() < deadline:
        line = process.stdout.readline()
        if line.startswith(opening):
            return line.removeprefix(opening)
        if not line:
            break
    raise StageError(process.communicate()[1].strip() if process.poll() is not None else "a process did not start")


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Make a client under other settings than this process was started with."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
