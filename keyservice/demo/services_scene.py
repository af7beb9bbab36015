"""A scene of the story: S3 and EC2 encrypt for an instance, with the instance's permission and on its behalf.

The two services run in this process. To the key service they are strangers like all others: they have an access key
each, and the caller's own signature.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyservice.clock import SystemClock
from keyservice.demo.front import running
from keyservice.demo.instances import read_instances
from keyservice.demo.objects.app import object_app
from keyservice.demo.objects.store import ObjectStore
from keyservice.demo.stage import HERE, Stage
from keyservice.demo.teller import StoryError, Teller
from keyservice.demo.volumes.app import volume_app
from keyservice.demo.volumes.device import SECTOR
from keyservice.demo.volumes.store import VolumeStore
from keyservice.linked import LinkedService

S3, EC2 = "s3.amazonaws.com", "ec2.amazonaws.com"
TEXT = "An object and a volume, and not a key in sight."

# What the two services ask of the key service; the last for themselves, by the grant.
_CALLS = (
    (S3, "GenerateDataKey"),
    (S3, "Decrypt"),
    (EC2, "GenerateDataKeyWithoutPlaintext"),
    (EC2, "CreateGrant"),
    (EC2, "Decrypt"),
)

AccessKeys = Mapping[str, tuple[str, str]]
"""Access key id and secret, by the service principal."""


@dataclass(frozen=True, slots=True)
class _Services:
    """Where S3 and EC2 listen, and what the host of the instances has of its volumes."""

    s3: str
    ec2: str
    volumes: VolumeStore


def play_services(teller: Teller, access_keys: AccessKeys, instance: str) -> None:
    """Play the scene on an instance, whose metadata endpoint is there."""
    with _services(teller.stage, access_keys) as services:
        teller.step(f"S3 and EC2 encrypt for instance {instance}: an object under aws/s3, a volume under aws/ebs")
        environment = {"AWS_ENDPOINT_URL_S3": services.s3, "AWS_ENDPOINT_URL_EC2": services.ec2}
        environment |= teller.stage.on_instance(instance)
        done = teller.stage.run("use_services.py", instance, TEXT, environment=environment)
        if done.returncode:
            raise StoryError(done.stderr.strip())
        told = json.loads(done.stdout)
        if told["text"] != TEXT:
            raise StoryError("the object came back otherwise than it was put")
        _tell_calls(teller)
        _write_and_read(teller, services.volumes, told["volume"], instance)
    teller.step("The same role, which may do anything in KMS as far as IAM goes, asks for the key of aws/s3 itself")
    teller.denied(told["refused"])
    teller.say("   Its key policy takes callers who come through S3 (kms:ViaService), and nobody else.")


def _tell_calls(teller: Teller) -> None:
    """What the trail says of the services' calls, in the order of the program; its own order is by the second."""
    events = teller.stage.events()
    for service, name in _CALLS:
        found = [event for event in events if _is_call(event, service, name)]
        if len(found) != 1:
            raise StoryError(f"{service} made {len(found)} calls of {name}")
        teller.tell_allowed(found[0])


def _is_call(event: Mapping[str, Any], service: str, name: str) -> bool:
    return (event["eventName"], event["userIdentity"].get("invokedBy")) == (name, service)


def _write_and_read(teller: Teller, volumes: VolumeStore, volume_id: str, instance: str) -> None:
    device = volumes.device(volume_id, instance)
    device.write(0, TEXT.encode().ljust(SECTOR))
    if device.read(0).decode().rstrip() != TEXT:
        raise StoryError("the volume gave back something else than was written")
    teller.say(f"   The host of {instance} writes to {volume_id} and reads it again; on its disk it is AES-256-XTS.")


@contextmanager
def _services(stage: Stage, access_keys: AccessKeys) -> Iterator[_Services]:
    s3, ec2 = (_linked(stage, name, *access_keys[name]) for name in (S3, EC2))
    directory = Path(stage.directory.path)
    now = SystemClock().now
    objects = ObjectStore(s3, directory / "objects", now)
    volumes = VolumeStore(ec2, directory / "volumes", read_instances(HERE / "identities.yaml"), now)
    with running(object_app(s3, objects)) as s3_endpoint, running(volume_app(ec2, volumes)) as ec2_endpoint:
        yield _Services(s3_endpoint, ec2_endpoint, volumes)


def _linked(stage: Stage, name: str, access_key_id: str, secret: str) -> LinkedService:
    return LinkedService(
        name=name, endpoint=stage.endpoint, region="us-east-1", access_key_id=access_key_id, secret_access_key=secret
    )
