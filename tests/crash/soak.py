"""A service that is killed at random moments under load, over and over: whatever it had answered is there afterwards.

    python -m tests.crash.soak --cycles 300

A few cycles run with the other tests. Each starts the service on one data directory, has clients make keys, policies,
grants, rotations and ciphertexts until `kill -9` comes, starts it again, and asks for what was answered.
"""

import argparse
import json
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.crash.process import administrator, free_port, process

CLIENTS = 3
GRANTEE = "arn:aws:iam::111122223333:role/grantee"


@dataclass
class Answered:
    """What the service answered about one key: it must hold for ever. `tried` policies may or may not be there."""

    key: str
    policy: int = 0
    tried: int = 0
    grants: list = field(default_factory=list)
    rotations: int = 0
    messages: list = field(default_factory=list)
    alias: str | None = None

    @property
    def facts(self):
        """How many things were answered."""
        return 1 + bool(self.policy) + len(self.grants) + self.rotations + len(self.messages) + bool(self.alias)


def load(client, answered, chance):
    """Make keys and everything about them, until the service is gone."""
    try:
        while True:
            each = Answered(client.create_key()["KeyMetadata"]["KeyId"])
            answered.append(each)
            document = json.loads(client.get_key_policy(KeyId=each.key)["Policy"])
            for _ in range(chance.randrange(1, 6)):
                _step(client, each, document, chance)
    except (BotoCoreError, ClientError):
        return  # it was killed; what was under way is not known to have happened


def _step(client, each, document, chance):
    text = b"%d" % chance.getrandbits(64)
    each.messages.append((client.encrypt(KeyId=each.key, Plaintext=text)["CiphertextBlob"], text))
    match chance.randrange(4):
        case 0:
            each.tried += 1
            client.put_key_policy(KeyId=each.key, Policy=json.dumps({**document, "Id": str(each.tried)}))
            each.policy = each.tried
        case 1:
            grant = client.create_grant(KeyId=each.key, GranteePrincipal=GRANTEE, Operations=["Decrypt"])
            each.grants.append(grant["GrantId"])
        case 2:
            client.rotate_key_on_demand(KeyId=each.key)
            each.rotations += 1
        case _:
            name = f"alias/{each.key}"
            if each.alias is None:
                client.create_alias(AliasName=name, TargetKeyId=each.key)
                each.alias = name


def check(client, each):
    """Ask for everything that was answered about a key."""
    assert client.describe_key(KeyId=each.alias or each.key)["KeyMetadata"]["KeyId"] == each.key
    if each.tried:
        found = json.loads(client.get_key_policy(KeyId=each.key)["Policy"])["Id"]
        number = int(found) if found.isdigit() else 0
        assert each.policy <= number <= each.tried, (each.policy, found, each.tried)
    if each.grants:
        found = {grant["GrantId"] for grant in client.list_grants(KeyId=each.key, Limit=100)["Grants"]}
        assert set(each.grants) <= found
    if each.rotations:
        assert each.rotations <= len(client.list_key_rotations(KeyId=each.key)["Rotations"])
    for blob, text in each.messages:
        assert text == client.decrypt(CiphertextBlob=blob)["Plaintext"]


def run(data, cycles, seed):
    """Kill the service so many times; how many facts had been answered, all of which held."""
    chance = random.Random(seed)
    earlier, port = [], free_port()
    for cycle in range(cycles):
        lately = []
        with process(data, port) as running:
            client = administrator(data, port)
            clients = [
                threading.Thread(target=load, args=(client, lately, random.Random(chance.random())))
                for _ in range(CLIENTS)
            ]
            for thread in clients:
                thread.start()
            time.sleep(chance.uniform(0.05, 1.2))
            running.kill()
            for thread in clients:
                thread.join()
        # All of what the killed one answered, and some of what others did before.
        sample = chance.sample(earlier, min(20, len(earlier)))
        earlier += lately
        with process(data, port):
            for each in (*lately, *sample, *(earlier if cycle == cycles - 1 else ())):
                check(client, each)
    return sum(each.facts for each in earlier)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        begun = time.monotonic()
        facts = run(Path(directory) / "data", given.cycles, seed)
        seconds = time.monotonic() - begun
        print(f"{given.cycles} kills in {seconds:.0f} s: all {facts:,} things that were answered are there")


if __name__ == "__main__":
    main()
