"""AssumeRole: who may, under which conditions, for how long, and what the session carries on."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import pytest
from botocore.credentials import Credentials

from tests.keyservice.operations.cases import STS_VERSION
from tests.live import ACCOUNT, ALLOW_ALL, ALLOW_KMS, apply_identities, open_service, shared_clock


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    return {"Version": "2012-10-17", "Statement": {**statement, **more}}


ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLES = [
    {
        "name": "Vendor",
        "trust_policy": trust(ALICE, Condition={"StringEquals": {"sts:ExternalId": "Unique-Id"}}),
        "policies": [ALLOW_KMS],
    },
    {"name": "First", "trust_policy": trust(ALICE), "policies": [ALLOW_ALL]},
    {"name": "Second", "trust_policy": trust(f"arn:aws:iam::{ACCOUNT}:role/First"), "policies": [ALLOW_KMS]},
    {"name": "Untagged", "trust_policy": trust(ALICE, Action="sts:AssumeRole")},
]


@pytest.fixture
def clock(monkeypatch):
    return shared_clock(monkeypatch)


@pytest.fixture
def sts(tmp_path, clock):
    service = open_service(tmp_path / "data", clock)
    apply_identities(service.opened, {"accounts": [{"id": ACCOUNT, "roles": ROLES}]})
    yield service
    service.close()


def assume(service, role, *, credentials=None, **more):
    members = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": "session", **more}
    form = urlencode({"Action": "AssumeRole", "Version": STS_VERSION, **members})
    return service.sts(form, user="alice", credentials=credentials)


def credentials_of(answer):
    assert 200 == answer.status, answer.body
    tree = ET.fromstring(answer.body)
    return Credentials(
        *(tree.find(f".//{{*}}{name}").text for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    )


def code_of(answer):
    return ET.fromstring(answer.body).find(".//{*}Code").text


def tags(**given):
    return {
        f"Tags.member.{number}.{part}": text
        for number, (key, value) in enumerate(given.items(), start=1)
        for part, text in (("Key", key), ("Value", value))
    }


def test_an_external_id_opens_a_role_that_asks_for_it(sts):
    assert 200 == assume(sts, "Vendor", ExternalId="Unique-Id").status
    for wrong in ({}, {"ExternalId": "unique-id"}, {"ExternalId": "other"}):
        assert (403, "AccessDenied") == (assume(sts, "Vendor", **wrong).status, code_of(assume(sts, "Vendor", **wrong)))


def test_a_session_ends_when_its_time_is_over(sts, clock):
    credentials = credentials_of(assume(sts, "First", DurationSeconds="900"))
    assert 200 == sts.call("ListKeys", credentials=credentials).status
    clock.advance(899)
    assert 200 == sts.call("ListKeys", credentials=credentials).status
    clock.advance(1)
    answer = sts.call("ListKeys", credentials=credentials)
    assert (400, "ExpiredTokenException") == (answer.status, answer.type)


@pytest.mark.parametrize("seconds", ["899", "43201", "3601"])
def test_a_session_is_no_longer_than_the_role_lets_it(sts, seconds):
    assert "ValidationError" == code_of(assume(sts, "First", DurationSeconds=seconds))


def test_a_chained_session_lasts_an_hour_at_most(sts):
    first = credentials_of(assume(sts, "First"))
    assert 200 == assume(sts, "Second", credentials=first, DurationSeconds="3600").status
    assert "ValidationError" == code_of(assume(sts, "Second", credentials=first, DurationSeconds="3601"))


def test_transitive_tags_go_on_and_cannot_be_passed_again(sts):
    given = {**tags(team="red", own="x"), "TransitiveTagKeys.member.1": "team"}
    first = credentials_of(assume(sts, "First", **given))
    second = credentials_of(assume(sts, "Second", credentials=first, **tags(more="y")))
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:Encrypt",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "red"}},
    }
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    key = sts.make_key({"Version": "2012-10-17", "Statement": [root, deny]})["KeyId"]
    sound = {"KeyId": key, "Plaintext": "AAAA"}
    assert 200 == sts.call("Encrypt", sound, credentials=second).status
    assert 400 == sts.call("Encrypt", sound, user="admin").status
    assert "ValidationError" == code_of(assume(sts, "Second", credentials=first, **tags(TEAM="blue")))


def test_tags_are_a_permission_of_their_own(sts):
    assert 200 == assume(sts, "Untagged").status
    assert "AccessDenied" == code_of(assume(sts, "Untagged", **tags(team="red")))


def test_a_session_token_goes_with_its_own_access_key_alone(sts):
    one, other = credentials_of(assume(sts, "First")), credentials_of(assume(sts, "First"))
    for mixed in (
        Credentials(one.access_key, one.secret_key, other.token),
        Credentials(one.access_key, one.secret_key, one.token[:-2] + "xx"),
        Credentials(one.access_key, one.secret_key),
    ):
        answer = sts.call("ListKeys", credentials=mixed)
        assert (400, "UnrecognizedClientException") == (answer.status, answer.type)


def test_the_trail_tells_the_session_and_no_secret_of_it(sts):
    sts.entries()
    answer = assume(sts, "First", Policy=json.dumps(ALLOW_KMS))
    credentials = credentials_of(answer)
    (entry,) = sts.entries()
    event = entry["event"]
    assert credentials.access_key == event["responseElements"]["credentials"]["accessKeyId"]
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/First/session" == event["responseElements"]["assumedRoleUser"]["arn"]
    assert "AWS::IAM::Role" == event["resources"][0]["type"]
    assert credentials.secret_key not in json.dumps(entry)
    assert credentials.token not in json.dumps(entry)
    assert "free" == entry["usage"]["class"]
