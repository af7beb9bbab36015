"""What a call costs the server: Encrypt, Decrypt and GenerateDataKey beside a bare uvicorn app that returns a constant.

    python -m benchmarks.service [--quick] [--json]

Both servers run as processes of their own, one worker each, and answer the same requests, signed beforehand, from
several connections of this process. What is measured is the CPU time of the server process a request (all threads, user
and system, from /proc), in turns, so that the machine's moods meet both. Everything is on: signatures, policies,
authenticated encryption, the synced audit trail. The budget is at most 3.5 times the bare app's.
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import socket
from urllib.parse import urlsplit

import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

BUDGET = 3.5
CONNECTIONS = 32
VARIANTS = 64  # different requests of an operation, each with a body of its own
TICK = os.sysconf("SC_CLK_TCK")
BARE = """
import sys, uvicorn
BODY = b'{"CiphertextBlob":"' + b"A" * 240 + b'"}'
START = {"type": "http.response.start", "status": 200, "headers": [
    (b"content-type", b"application/x-amz-json-1.1"), (b"content-length", b"%d" % len(BODY))]}
END = {"type": "http.response.body", "body": BODY}
async def app(scope, receive, send):
    await send(START)
    await send(END)
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off", server_header=False)
"""
SERVICE = "from keyservice.cli.main import main; main()"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One operation: the medians of its rounds."""

    operation: str
    requests_a_second: float
    cpu_microseconds: float
    bare_cpu_microseconds: float
    ratio: float


class Connection(asyncio.Protocol):
    """Sends one request after another; every answer must be a 200."""

    def __init__(self, requests, until):
        self.requests = requests
        self.until = until
        self.answered = 0
        self.received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.next()

    def next(self):
        self.transport.write(self.requests[self.answered % len(self.requests)])

    def data_received(self, data):
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self.received[:end].lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(self.received) < end + 4 + length:
            return
        if not self.received.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self.received.decode()))
            self.transport.close()
            return
        self.received = b""
        self.answered += 1
        if time.monotonic() < self.until:
            self.next()
        else:
            self.transport.close()
            self.done.set_result(self.answered)

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("the server hung up"))


async def load(port, requests, seconds):
    """Requests answered within some seconds."""
    loop, until = asyncio.get_running_loop(), time.monotonic() + seconds
    made = [
        await loop.create_connection(
            lambda shift=shift: Connection(requests[shift:] + requests[:shift], until), "127.0.0.1", port
        )
        for shift in range(CONNECTIONS)
    ]
    return sum(await asyncio.gather(*(protocol.done for _, protocol in made)))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measured(process, port, requests, seconds):
    """CPU µs a request, and requests a second."""
    before, began = cpu_seconds(process.pid), time.monotonic()
    count = asyncio.run(load(port, requests, seconds))
    return (cpu_seconds(process.pid) - before) / count * 1e6, count / (time.monotonic() - began)


def free_port():
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(code, port, *arguments):
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()


def signed(endpoint, credentials, operation, members):
    """A request's bytes."""
    body = json.dumps(members).encode()
    headers = {
        "X-Amz-Target": f"TrentService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "User-Agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7",
    }
    request = AWSRequest(method="POST", url=endpoint, headers=headers, data=body)
    botocore.auth.SigV4Auth(credentials, "kms", "us-east-1").add_auth(request)
    given = {"Host": urlsplit(endpoint).netloc, **dict(request.headers.items()), "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


def requests_of(data, endpoint):
    """Signed requests of each operation, on one key."""
    lines = (data / "aws" / "credentials").read_text().splitlines()
    given = dict(line.split(" = ") for line in lines if " = " in line)
    credentials = Credentials(given["aws_access_key_id"], given["aws_secret_access_key"])
    client = botocore.session.get_session().create_client(
        "kms",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
    )
    key = client.create_key()["KeyMetadata"]["KeyId"]
    encoded = base64.b64encode(b"k" * 32).decode()
    contexts = [{"app": "web", "path": f"/files/{number}"} for number in range(VARIANTS)]
    made = [client.encrypt(KeyId=key, Plaintext=b"k" * 32, EncryptionContext=context) for context in contexts]
    blobs = [base64.b64encode(each["CiphertextBlob"]).decode() for each in made]
    members = {
        "Encrypt": [{"KeyId": key, "Plaintext": encoded, "EncryptionContext": context} for context in contexts],
        "Decrypt": [
            {"CiphertextBlob": blob, "EncryptionContext": context}
            for blob, context in zip(blobs, contexts, strict=True)
        ],
        "GenerateDataKey": [{"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context} for context in contexts],
    }
    return {name: [signed(endpoint + "/", credentials, name, one) for one in each] for name, each in members.items()}


def run(seconds, rounds):
    """The measures, and the rounds' raw figures under them."""
    measures = []
    with tempfile.TemporaryDirectory() as directory:
        data, port, bare_port = Path(directory) / "data", free_port(), free_port()
        with (
            running(SERVICE, port, "serve", "--data", str(data), "--port", str(port)) as service,
            running(BARE, bare_port, str(bare_port)) as bare,
        ):
            requests = requests_of(data, f"http://127.0.0.1:{port}")
            for operation, each in requests.items():
                measured(service, port, each, 0.5)  # warm
                ours, bares = [], []
                for _ in range(rounds):
                    bares.append(measured(bare, bare_port, each, seconds))
                    ours.append(measured(service, port, each, seconds))
                cpu = statistics.median(cpu for cpu, _ in ours)
                bare_cpu = statistics.median(cpu for cpu, _ in bares)
                measures.append(
                    Measure(
                        operation=operation,
                        requests_a_second=round(statistics.median(rate for _, rate in ours)),
                        cpu_microseconds=round(cpu, 1),
                        bare_cpu_microseconds=round(bare_cpu, 1),
                        ratio=round(cpu / bare_cpu, 2),
                    )
                )
    return measures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    measures = run(1.0, 1) if given.quick else run(2.0, 5)
    if given.json:
        print(json.dumps([asdict(measure) for measure in measures], indent=2))
        return
    print(f"{'operation':<18}{'requests/s':>12}{'CPU µs':>10}{'bare µs':>10}{'ratio':>8}   (budget {BUDGET})")
    for measure in measures:
        print(
            f"{measure.operation:<18}{measure.requests_a_second:>12.0f}{measure.cpu_microseconds:>10.1f}"
            f"{measure.bare_cpu_microseconds:>10.1f}{measure.ratio:>8.2f}"
        )


if __name__ == "__main__":
    main()
