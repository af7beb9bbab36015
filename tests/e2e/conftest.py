"""One served key service for the tests of a file; each test makes keys of its own."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.linked_stores import object_store, volume_store
from tests.live import ACCOUNT, REGION, ROOT, access_key_id_of, secret_of, serving

ADMINISTRATION = [
    *("kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*"),
    *("kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion"),
    *("kms:CancelKeyDeletion", "kms:RotateKeyOnDemand"),
]
USAGE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def user_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def statement(sid, principal, action, **more):
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*", **more}


def policy(*statements):
    return {"Version": "2012-10-17", "Id": "test", "Statement": list(statements)}


# The shape of AWS's default key policy made in the console: alice administers, bob uses.
ALICE_ADMINISTERS_BOB_USES = policy(
    statement("Enable IAM User Permissions", ROOT, "kms:*"),
    statement("Allow access for Key Administrators", user_arn("alice"), ADMINISTRATION),
    statement("Allow use of the key", user_arn("bob"), USAGE),
)


def code_of(call, **members):
    """The error's type, None of a success."""
    return refusal_of(call, **members)[0]


def refusal_of(call, **members):
    try:
        call(**members)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None, None


@pytest.fixture
def acting_as(served, monkeypatch):
    """Gives the process's environment what a user has, for clients that boto3's environment tells everything."""

    def act(user="admin"):
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", served.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key_id_of(user))
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret_of(user))

    return act


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served") / "data") as service:
        yield service


@pytest.fixture
def make_key(served):
    """Makes a key under a key policy, as the account's administrator; gives its metadata."""

    def make(document=ALICE_ADMINISTERS_BOB_USES, **more):
        return served.client().create_key(Policy=json.dumps(document), **more)["KeyMetadata"]

    return make


@pytest.fixture
def volume_stores(served, tmp_path):
    """The demo's volume store, empty."""
    with volume_store(served, tmp_path / "volumes") as stores:
        yield stores


@pytest.fixture
def object_stores(served, tmp_path):
    """The demo's object store, with the bucket `box` of the administrator's account."""
    with object_store(served, tmp_path / "objects") as stores:
        stores.client().create_bucket(Bucket="box")
        yield stores
