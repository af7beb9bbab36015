"""What the volume store makes of requests: signed by whom, changed on their way, all at once, beyond what it offers."""

import http.client
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import boto3
import botocore.auth
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.e2e.conftest import code_of, policy, refusal_of, statement
from tests.linked_stores import (
    INSTANCE,
    OTHER_INSTANCE,
    ZONE,
    attach,
    detach,
    linked,
    make_volume,
    volume_store,
)
from tests.live import REGION, ROOT, access_key_id_of, secret_of

CLOCK = (botocore.auth, "get_current_datetime")


@pytest.fixture
def ec2(volume_stores):
    return volume_stores.client()


def test_a_request_that_the_caller_did_not_sign_so_is_refused(served, volume_stores):
    assert "AuthFailure" == code_of(make_volume, ec2=volume_stores.client("admin", secret="x" * 40))
    assert "AuthFailure" == code_of(make_volume, ec2=volume_stores.client("nosuchuser"))
    for_kms = boto3.session.Session().client(
        "kms",  # a request signed for another service
        region_name=REGION,
        endpoint_url=volume_stores.endpoint,
        aws_access_key_id=access_key_id_of("admin"),
        aws_secret_access_key=secret_of("admin"),
    )
    with pytest.raises(ClientError) as raised:
        for_kms.list_keys()
    assert 401 == raised.value.response["ResponseMetadata"]["HTTPStatusCode"]
    ec2 = volume_stores.client("admin", region="ap-southeast-2")
    assert "AuthFailure" == code_of(ec2.describe_volumes)


def test_a_request_that_was_changed_on_its_way_is_refused(volume_stores):
    ec2 = volume_stores.client("bob")
    ec2.meta.events.register("before-send.ec2.*", _change_body)
    assert "AuthFailure" == code_of(ec2.describe_volumes)


def test_a_request_that_comes_late_is_refused(volume_stores, monkeypatch):
    late = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=6)
    ec2 = volume_stores.client("alice")
    # Only when the caller signs: the service signs in this process too.
    ec2.meta.events.register_first("before-sign.ec2.*", lambda **_: monkeypatch.setattr(*CLOCK, lambda **_: late))
    ec2.meta.events.register("before-send.ec2.*", lambda **_: monkeypatch.undo())
    code, message = refusal_of(ec2.describe_volumes)
    assert ("RequestExpired", True) == (code, message.startswith("Signature expired"))


def _change_body(request, **_):
    """Ask for something else than was signed."""
    request.body = b"Action=DescribeVolumes&Version=2016-11-15&VolumeId.1=vol-0123456789abcdef0"
    request.headers["Content-Length"] = str(len(request.body))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/" + "x" * 9000, {}, 400),
        ("POST", "/", {"x-long": "x" * 40_000}, 400),
        ("POST", "/", {f"x-{number}": "x" for number in range(120)}, 400),
        ("POST", "*", {}, 400),
        ("POST", "/", {"Authorization": "nonsense"}, 400),
        ("POST", "/", {}, 403),
        ("GET", "/?Action=DescribeVolumes&Version=2016-11-15", {}, 403),
    ],
)
def test_a_head_that_no_client_sends_is_the_callers_fault(volume_stores, method, path, headers, status):
    connection = http.client.HTTPConnection(urlsplit(volume_stores.endpoint).netloc, timeout=20)
    try:
        connection.request(method, path, b"Action=DescribeVolumes&Version=2016-11-15", headers)
        answer = connection.getresponse()
        assert (status, True) == (answer.status, b"<Code>" in answer.read())
    finally:
        connection.close()


def test_what_is_wrong_between_the_services_is_told_to_nobody(served, tmp_path):
    with volume_store(served, tmp_path / "a", linked(served.endpoint, "ec2", secret="x" * 40)) as stores:
        code, message = refusal_of(stores.client().describe_volumes)
        assert ("InternalError", False) == (code, "signature" in message)


def test_a_key_service_that_does_not_answer_is_told_as_such(served, tmp_path, monkeypatch):
    ec2 = linked(served.endpoint, "ec2")

    def on_behalf_of(_):
        raise EndpointConnectionError(endpoint_url=served.endpoint)

    monkeypatch.setattr(ec2, "on_behalf_of", on_behalf_of)
    with volume_store(served, tmp_path / "volumes", ec2) as stores:
        assert "Unavailable" == code_of(stores.client().describe_volumes)


def test_the_same_client_token_makes_one_volume(ec2):
    volume = make_volume(ec2, ClientToken="one")
    assert volume["VolumeId"] == make_volume(ec2, ClientToken="one")["VolumeId"]
    members = {"AvailabilityZone": ZONE, "Size": 2, "ClientToken": "one"}
    assert "IdempotentParameterMismatch" == code_of(ec2.create_volume, **members)


def test_of_many_who_attach_a_volume_at_once_one_succeeds(served, volume_stores, ec2, make_key):
    key = make_key(policy(statement("all", ROOT, "kms:*")))
    volume = make_volume(ec2, Encrypted=True, KmsKeyId=key["Arn"])
    codes = []

    def one(instance):
        codes.append(code_of(attach, ec2=ec2, volume=volume, instance=instance))

    threads = [threading.Thread(target=one, args=(place,)) for place in (INSTANCE, OTHER_INSTANCE) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [None] + ["VolumeInUse"] * 5 == sorted(codes, key=lambda code: code is not None)
    assert 1 == len(served.client().list_grants(KeyId=key["Arn"])["Grants"])


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Size": 0}, "InvalidParameterValue"),
        ({"Size": 16_385}, "InvalidParameterValue"),
        ({"VolumeType": "io2"}, "InvalidParameterValue"),
        ({"AvailabilityZone": "eu-west-1a"}, "InvalidParameterValue"),
        ({"Encrypted": False, "KmsKeyId": "alias/x"}, "InvalidParameterDependency"),
        ({"Encrypted": True, "KmsKeyId": "alias/x"}, "InvalidKMSKey.NotFound"),
        ({"SnapshotId": "snap-1"}, "UnknownParameter"),
        ({"Iops": 100}, "UnknownParameter"),
    ],
)
def test_a_volume_that_cannot_be_made_is_refused(ec2, members, code):
    assert code == code_of(ec2.create_volume, **{"AvailabilityZone": ZONE, "Size": 1, **members})
    assert [] == ec2.describe_volumes()["Volumes"]


def test_what_cannot_be_done_with_a_volume_is_refused(ec2):
    volume = make_volume(ec2)
    unknown = {"VolumeId": "vol-0123456789abcdef0"}
    place = {"InstanceId": INSTANCE, "Device": "/dev/sdf"}
    assert [
        "IncorrectState",
        "InvalidVolume.NotFound",
        "InvalidVolumeID.Malformed",
        "InvalidInstanceID.Malformed",
        "InvalidInstanceID.NotFound",
        "InvalidParameterValue",
        "InvalidVolumeID.Malformed",
    ] == [
        code_of(detach, ec2=ec2, volume=volume),
        code_of(ec2.delete_volume, **unknown),
        code_of(ec2.delete_volume, VolumeId="../../x"),
        code_of(attach, ec2=ec2, volume=volume, instance="web"),
        code_of(attach, ec2=ec2, volume=volume, instance="i-0dead"),
        code_of(ec2.attach_volume, VolumeId=volume["VolumeId"], InstanceId=INSTANCE, Device="../etc"),
        code_of(ec2.attach_volume, VolumeId="vol-x", **place),
    ]
    attach(ec2, volume)
    assert ["VolumeInUse", "VolumeInUse", "InvalidAttachment.NotFound", "InvalidAction"] == [
        code_of(attach, ec2=ec2, volume=volume),
        code_of(ec2.delete_volume, VolumeId=volume["VolumeId"]),
        code_of(ec2.detach_volume, VolumeId=volume["VolumeId"], InstanceId=OTHER_INSTANCE),
        code_of(ec2.describe_instances),
    ]
