"""Bucket keys through boto3's S3 client: how many calls they save, and that they open nothing to anybody else."""

import json

import pytest

from keyservice.clock import SystemClock
from keyservice.demo.objects.bucket_keys import WINDOW
from tests.e2e.conftest import code_of, policy, statement, user_arn
from tests.linked_stores import BUCKET_KEY, KMS, get, object_store, put
from tests.live import ACCOUNT


class LeapingClock(SystemClock):
    """The machine's clock, which can be put forward."""

    leap = 0.0

    def now(self):
        return super().now() + self.leap


@pytest.fixture
def clock():
    return LeapingClock()


@pytest.fixture
def stores(served, tmp_path, clock):
    with object_store(served, tmp_path / "objects", clock=clock) as found:
        found.client().create_bucket(Bucket="box")
        yield found


@pytest.fixture
def s3(stores):
    return stores.client()


@pytest.fixture
def calls(served):
    """What the key service was asked since the last time, as a function: operation and encryption context."""
    seen = set()

    def since():
        new = [event for event in served.events() if event["eventID"] not in seen]
        seen.update(event["eventID"] for event in new)
        return sorted(
            (event["eventName"], event["requestParameters"]["encryptionContext"]["aws:s3:arn"])
            for event in new
            if event["eventName"] in ("GenerateDataKey", "Decrypt") and "errorCode" not in event
        )

    since()
    return since


def test_a_bucket_key_saves_calls(stores, s3, calls):
    for number in range(8):
        put(s3, f"each/{number}", **KMS)
        get(s3, f"each/{number}")
    assert 16 == len(calls())
    for number in range(8):
        assert put(s3, f"bucket/{number}", b"%d" % number, **BUCKET_KEY)["BucketKeyEnabled"]
    assert [b"%d" % number for number in range(8)] == [get(s3, f"bucket/{number}") for number in range(8)]
    assert [("Decrypt", "arn:aws:s3:::box"), ("GenerateDataKey", "arn:aws:s3:::box")] == calls()


def test_a_bucket_key_is_for_one_requester_one_bucket_and_a_while(stores, s3, calls, clock):
    s3.create_bucket(Bucket="other-box")
    put(s3, **BUCKET_KEY)
    put(stores.client("nobody"), **BUCKET_KEY)
    put(s3, bucket="other-box", **BUCKET_KEY)
    assert 3 == len(calls())
    clock.leap = WINDOW - 5
    put(s3, **BUCKET_KEY)
    assert [] == calls()
    clock.leap = WINDOW
    put(s3, **BUCKET_KEY)
    assert 1 == len(calls())


def test_each_session_of_a_role_is_a_requester_of_its_own(served, stores, calls):
    sts = served.client("alice", "sts")
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/App", "RoleSessionName": "same"}
    nothing = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}}
    wide = stores.client(session=sts.assume_role(**role)["Credentials"])
    narrow = stores.client(session=sts.assume_role(**role, Policy=json.dumps(nothing))["Credentials"])
    put(wide, **BUCKET_KEY)
    assert b"body" == get(wide)
    assert ["AccessDenied", "AccessDenied"] == [code_of(get, s3=narrow), code_of(put, s3=narrow, **BUCKET_KEY)]


def test_who_may_only_write_under_a_bucket_key_reads_nothing_with_it(stores, make_key):
    key = make_key(
        policy(
            statement("administration", user_arn("admin"), "kms:*"),
            statement("write", user_arn("alice"), "kms:GenerateDataKey"),
            statement("read", user_arn("bob"), "kms:Decrypt"),
        )
    )
    put(stores.client("alice"), SSEKMSKeyId=key["Arn"], **BUCKET_KEY)
    assert "AccessDenied" == code_of(get, s3=stores.client("alice"))
    assert b"body" == get(stores.client("bob"))
    assert "AccessDenied" == code_of(put, s3=stores.client("bob"), SSEKMSKeyId=key["Arn"], **BUCKET_KEY)
