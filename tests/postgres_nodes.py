"""Three nodes on one PostgreSQL database under a mixed load, while the database is restarted and a node is killed.

    python -m tests.postgres_nodes --seconds 60

Every write that was acknowledged is there in the end, and no decision was made from a policy older than one second.
"""

import argparse
import json
import operator
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.postgres import free_port, running_postgres

REGION = "us-east-1"
ACCOUNT = "111122223333"
STALE = 1.0
_ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@dataclass(kw_only=True)
class Node:
    """A node as a process."""

    data: Path
    store: str
    port: int
    process: subprocess.Popen | None = None

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, "-m", "keyservice.cli.main", "serve"]
        settings = ["--data", str(self.data), "--store", self.store, "--port", str(self.port)]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([*command, *settings], env=_ENVIRONMENT, **silent)
        deadline = time.monotonic() + 30
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the node on port {self.port} does not start")
            time.sleep(0.05)

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(20)

    def client(self, credentials, retries=0):
        return boto3.session.Session().client(
            "kms",
            region_name=REGION,
            endpoint_url=self.endpoint,
            **credentials,
            config=Config(retries={"max_attempts": retries}, read_timeout=20),
        )

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.endpoint}/readyz", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False


@contextmanager
def running_nodes(path, store, ports):
    """Nodes that share the first one's root key; gives them and the administrator's credentials."""
    nodes = [Node(data=path / f"node{number}", store=store, port=port) for number, port in enumerate(ports)]
    try:
        for node in nodes:
            if node is not nodes[0]:
                node.data.mkdir(mode=0o700)
                shutil.copy2(nodes[0].data / "root.key", node.data / "root.key")
            node.start()
        written = ConfigParser()
        written.read(nodes[0].data / "aws" / "credentials")
        yield nodes, dict(written["default"])
    finally:
        for node in nodes:
            if node.process is not None and node.process.poll() is None:
                node.kill(signal.SIGTERM)


@dataclass(kw_only=True)
class Load:
    """What is done to the nodes, and what they acknowledged."""

    nodes: list
    credentials: dict
    stop: threading.Event = field(default_factory=threading.Event)
    described: dict = field(default_factory=dict)  # key -> the last number that was acknowledged
    aliases: list = field(default_factory=list)
    grants: list = field(default_factory=list)
    toggles: list = field(default_factory=list)  # [begun, acknowledged or None, whether it allows]
    decisions: list = field(default_factory=list)  # (begun, ended, whether it was allowed)
    errors: list = field(default_factory=list)  # (when, code)

    def tried(self, call, **members):
        """The answer; None of an error, which is noted."""
        try:
            return call(**members)
        except ClientError as error:
            code = error.response["Error"]["Code"]
        except BotoCoreError as error:
            code = type(error).__name__
        self.errors.append((time.monotonic(), code))
        return None

    def write(self, index):
        """Describe a key of its own over and over, through each node in turn; give it aliases and grants."""
        clients = [node.client(self.credentials) for node in self.nodes]
        made = None
        while made is None:
            made = self.tried(clients[index % len(clients)].create_key)
        key = made["KeyMetadata"]["KeyId"]
        for number in count(1):
            if self.stop.is_set():
                return
            client = clients[(index + number) % len(clients)]
            if self.tried(client.update_key_description, KeyId=key, Description=str(number)) is not None:
                self.described[key] = number
            if number % 5 == 0 and number <= 200:  # a key has 50 aliases at most
                name = f"alias/{key}-{number}"
                if self.tried(client.create_alias, AliasName=name, TargetKeyId=key) is not None:
                    self.aliases.append(name)
            if number % 7 == 0:
                who = f"arn:aws:iam::{ACCOUNT}:root"
                made = self.tried(client.create_grant, KeyId=key, GranteePrincipal=who, Operations=["Decrypt"])
                if made is not None:
                    self.grants.append((key, made["GrantId"]))

    def toggle(self, key):
        """Forbid and allow encryption under a key, through each node in turn."""
        clients = [node.client(self.credentials) for node in self.nodes]
        for number in count(1):
            if self.stop.wait(0.3):
                return
            entry = [time.monotonic(), None, number % 2 == 0]
            self.toggles.append(entry)
            client = clients[number % len(clients)]
            if self.tried(client.put_key_policy, KeyId=key, Policy=_policy(allowed=entry[2])) is not None:
                entry[1] = time.monotonic()

    def decide(self, index, key):
        """Ask one node for decisions all the time."""
        client = self.nodes[index].client(self.credentials)
        while not self.stop.is_set():
            begun = time.monotonic()
            try:
                client.encrypt(KeyId=key, Plaintext=b"x")
                allowed = True
            except ClientError as error:
                allowed = False
                if error.response["Error"]["Code"] != "AccessDeniedException":
                    self.errors.append((begun, error.response["Error"]["Code"]))
                    continue
            except BotoCoreError as error:
                self.errors.append((begun, type(error).__name__))
                time.sleep(0.05)
                continue
            self.decisions.append((begun, time.monotonic(), allowed))

    def wait(self, seconds):
        """Wait that long, and on a slow machine until there has been a new one of everything."""
        before, deadline = self._counts(), time.monotonic() + seconds + 30
        time.sleep(seconds)
        while time.monotonic() < deadline and any(map(operator.le, self._counts(), before)):
            time.sleep(0.05)

    def _counts(self):
        put = sum(acknowledged is not None for _, acknowledged, _ in self.toggles)
        return sum(self.described.values()), len(self.grants), len(self.decisions), put

    def lost(self):
        """What was acknowledged and is not there."""
        client = self.nodes[0].client(self.credentials, retries=9)
        missing = [
            f"{key}: described {number}, found {found}"
            for key, number in self.described.items()
            if int(found := client.describe_key(KeyId=key)["KeyMetadata"]["Description"]) < number
        ]
        pages = client.get_paginator("list_aliases").paginate()
        there = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
        missing += [name for name in self.aliases if name not in there]
        grants = {
            (key, grant["GrantId"])
            for key in self.described
            for page in client.get_paginator("list_grants").paginate(KeyId=key)
            for grant in page["Grants"]
        }
        return missing + [grant for _, grant in set(self.grants) - grants]

    def stale(self):
        """Decisions that no policy of the second before explains, nor one that was being put meanwhile."""
        return [decision for decision in self.decisions if decision[2] not in self._explaining(*decision[:2])]

    def _explaining(self, begun, ended):
        settled = [number for number, (_, put, _) in enumerate(self.toggles) if put is not None and put + STALE < begun]
        first = settled[-1] if settled else -1
        allowed = {True} if first < 0 else {self.toggles[first][2]}
        return allowed | {allows for put, _, allows in self.toggles[first + 1 :] if put < ended}


def _policy(*, allowed):
    everything = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    nothing = {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [everything] if allowed else [everything, nothing]})


def under_load(seconds, server, path, ports, writers=4):
    """Load for some seconds, in whose course the database is restarted and the last node killed and started again."""
    with running_nodes(path, server.database(), ports) as (nodes, credentials):
        load = Load(nodes=nodes, credentials=credentials)
        key = nodes[0].client(credentials, retries=9).create_key()["KeyMetadata"]["KeyId"]
        calls = [(load.toggle, (key,))]
        calls += [(load.write, (index,)) for index in range(writers)]
        calls += [(load.decide, (index, key)) for index in range(len(nodes))]
        threads = [threading.Thread(target=target, args=arguments) for target, arguments in calls]
        for thread in threads:
            thread.start()
        load.wait(seconds / 3)
        server.restart()
        load.wait(seconds / 3)
        nodes[-1].kill()
        time.sleep(seconds / 6)
        nodes[-1].start()
        load.wait(seconds / 6)
        load.stop.set()
        for thread in threads:
            thread.join()
        return load, load.lost(), load.stale()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--writers", type=int, default=4)
    given = parser.parse_args()
    path = Path(tempfile.mkdtemp(prefix="wardkey-nodes-"))
    try:
        with running_postgres() as server:
            ports = [free_port() for _ in range(3)]
            load, lost, stale = under_load(given.seconds, server, path, ports, given.writers)
    finally:
        shutil.rmtree(path)
    print(f"acknowledged: {sum(load.described.values())} descriptions at most, {len(load.aliases)} aliases,")
    print(f"  {len(load.grants)} grants, {sum(put is not None for _, put, _ in load.toggles)} key policies")
    print(f"decisions: {len(load.decisions)}; errors: {len(load.errors)} {sorted({code for _, code in load.errors})}")
    print(f"lost: {len(lost)} {lost[:5]}")
    print(f"decided from a policy older than {STALE:.0f} s: {len(stale)} {stale[:5]}")
    sys.exit(1 if lost or stale else 0)


if __name__ == "__main__":
    main()
