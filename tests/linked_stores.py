"""The demo's two linked services beside a served key service, and boto3 clients of those who call them."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config

from keyservice.clock import SystemClock
from keyservice.demo.front import running
from keyservice.demo.objects.app import object_app
from keyservice.demo.objects.store import ObjectStore
from keyservice.demo.volumes.app import volume_app
from keyservice.demo.volumes.store import VolumeStore
from keyservice.linked import LinkedService
from tests.live import ACCOUNT, OTHER_ACCOUNT, REGION, access_key_id_of, secret_of

INSTANCE, OTHER_INSTANCE, FOREIGN_INSTANCE = "i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2", "i-0ccccccccccccccc3"
INSTANCES = {INSTANCE: ACCOUNT, OTHER_INSTANCE: ACCOUNT, FOREIGN_INSTANCE: OTHER_ACCOUNT}

ZONE = f"{REGION}a"
KMS = {"ServerSideEncryption": "aws:kms"}
BUCKET_KEY = {**KMS, "BucketKeyEnabled": True}


@dataclass(kw_only=True)
class Stores:
    """A store's endpoint; `service` is `ec2` or `s3`."""

    service: str
    endpoint: str
    store: object
    clients: dict = field(default_factory=dict)

    def client(self, user="admin", *, session=None, region=REGION, secret=None):
        """boto3's client of a user, or of temporary credentials, pointed at the store."""
        name = (user, region, secret, session and session["AccessKeyId"])
        if name not in self.clients:
            given = session or {"AccessKeyId": access_key_id_of(user), "SecretAccessKey": secret or secret_of(user)}
            self.clients[name] = boto3.session.Session().client(
                self.service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given.get("SessionToken"),
                config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
            )
        return self.clients[name]


def linked(endpoint, service, *, secret=None):
    """A linked service, registered by `identities()`."""
    return LinkedService(
        name=f"{service}.amazonaws.com",
        endpoint=endpoint,
        region=REGION,
        access_key_id=access_key_id_of(service),
        secret_access_key=secret or secret_of(service),
    )


@contextmanager
def volume_store(served, directory: Path, service=None, clock=None):
    """The volume store, served."""
    ec2 = service or linked(served.endpoint, "ec2")
    store = VolumeStore(ec2, directory, INSTANCES, (clock or SystemClock()).now)
    with running(volume_app(ec2, store)) as endpoint:
        yield Stores(service="ec2", endpoint=endpoint, store=store)


@contextmanager
def object_store(served, directory: Path, service=None, clock=None):
    """The object store, served."""
    s3 = service or linked(served.endpoint, "s3")
    store = ObjectStore(s3, directory, (clock or SystemClock()).now)
    with running(object_app(s3, store)) as endpoint:
        yield Stores(service="s3", endpoint=endpoint, store=store)


def make_volume(ec2, **more):
    """A volume of one GiB."""
    return ec2.create_volume(AvailabilityZone=ZONE, Size=1, **more)


def attach(ec2, volume, instance=INSTANCE):
    return ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=instance, Device="/dev/sdf")


def detach(ec2, volume):
    return ec2.detach_volume(VolumeId=volume["VolumeId"])


def put(s3, key="a", body=b"body", bucket="box", **how):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **how)


def get(s3, key="a", bucket="box"):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
