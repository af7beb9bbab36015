"""`keyservice serve` as a process of its own, to be killed."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from tests.live import Served

KEYSERVICE = [sys.executable, "-m", "keyservice.cli.main"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def free_port():
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(data, port, *options, output=subprocess.PIPE, is_ready=None, before=()):
    """The service as its command starts it, perhaps by another `before` it; ready when this gives it, killed after."""
    command = [*KEYSERVICE, "serve", "--data", str(data), "--port", str(port), *options]
    running = subprocess.Popen([*before, *command], env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and running.poll() is None:
            try:
                if (is_ready or (lambda: _is_ready(port)))():
                    break
            except OSError:
                time.sleep(0.03)
        assert running.poll() is None, running.stdout and running.stdout.read().decode()
        yield running
    finally:
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()


def _is_ready(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
        return answer.status == 200


def administrator(data, port):
    """boto3's client of the administrator that the first start made."""
    lines = (data / "aws" / "credentials").read_text().split("\n")
    given = dict(line.split(" = ") for line in lines if " = " in line)
    credentials = {"AccessKeyId": given["aws_access_key_id"], "SecretAccessKey": given["aws_secret_access_key"]}
    return Served(opened=None, endpoint=f"http://127.0.0.1:{port}").client(session=credentials)
