"""ReplicateKey and UpdatePrimaryRegion: what they refuse."""

import json
from types import SimpleNamespace

import pytest

from keyservice.errors import ServiceError
from keyservice.model.key import KeyState
from keyservice.operations.replicate_key import check_region
from tests.keyservice.operations.cases import POLICY
from tests.keyservice.operations.related import THIRD, arn_of, force, primary_of, refusal
from tests.live import ACCOUNT, OTHER_REGION, REGION


@pytest.mark.parametrize(
    ("region", "kind", "text"),
    [
        (
            OTHER_REGION,
            "AlreadyExistsException",
            "You can create only one replica of each primary key in each AWS Region.",
        ),
        (REGION, "AlreadyExistsException", "You can create only one replica of each primary key in each AWS Region."),
        ("eu-central-1", "UnsupportedOperationException", "Region eu-central-1 is not supported."),
    ],
)
def test_a_region_that_has_a_related_key_or_is_not_served_gets_no_replica(service, related, region, kind, text):
    answer = service.call("ReplicateKey", {"KeyId": related, "ReplicaRegion": region})
    assert (400, kind, text) == (answer.status, answer.type, answer.message)


def test_no_key_leaves_its_partition():
    run = SimpleNamespace(ports=SimpleNamespace(regions=(REGION, "cn-north-1")), region=REGION)
    with pytest.raises(ServiceError, match=r"Region cn-north-1 is not supported\."):
        check_region(run, "cn-north-1")


def test_only_a_primary_is_replicated_or_replaced(service, related):
    single = service.make_key()["KeyId"]
    for key, region in ((single, REGION), (related, OTHER_REGION)):
        text = f"{arn_of(key, region)} is not a multi-region primary key."
        for operation, name in (("ReplicateKey", "ReplicaRegion"), ("UpdatePrimaryRegion", "PrimaryRegion")):
            answer = service.call(operation, {"KeyId": key, name: THIRD}, region=region)
            assert ("UnsupportedOperationException", text) == refusal(answer)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (KeyState.DISABLED, "DisabledException"),
        (KeyState.PENDING_DELETION, "KMSInvalidStateException"),
        (KeyState.PENDING_REPLICA_DELETION, "KMSInvalidStateException"),
        (KeyState.PENDING_IMPORT, "KMSInvalidStateException"),
        (KeyState.CREATING, "KMSInvalidStateException"),
    ],
)
def test_keys_that_cannot_be_used_are_neither_replicated_nor_made_primary(service, related, state, kind):
    force(service, related, REGION, state)
    for operation, name in (("ReplicateKey", "ReplicaRegion"), ("UpdatePrimaryRegion", "PrimaryRegion")):
        assert kind == service.call(operation, {"KeyId": related, name: OTHER_REGION}).type
    force(service, related, REGION, KeyState.ENABLED)
    force(service, related, OTHER_REGION, state)
    assert kind == service.call("UpdatePrimaryRegion", {"KeyId": related, "PrimaryRegion": OTHER_REGION}).type


def test_a_policy_that_locks_its_maker_out_of_the_replica_is_refused(service):
    key = primary_of(service)
    denied = {**POLICY, "Statement": {**POLICY["Statement"], "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}}}
    members = {"KeyId": key, "ReplicaRegion": OTHER_REGION, "Policy": json.dumps(denied)}
    assert "MalformedPolicyDocumentException" == service.call("ReplicateKey", members).type
    assert 200 == service.call("ReplicateKey", {**members, "BypassPolicyLockoutSafetyCheck": True}).status
    assert "AccessDeniedException" == service.call("DescribeKey", {"KeyId": key}, region=OTHER_REGION).type


def test_the_lockout_check_of_a_replica_asks_for_its_own_region(service):
    key = primary_of(service)
    here = {"Condition": {"StringEquals": {"aws:RequestedRegion": REGION}}}
    policy = {**POLICY, "Statement": {**POLICY["Statement"], **here}}
    members = {"KeyId": key, "ReplicaRegion": OTHER_REGION, "Policy": json.dumps(policy)}
    assert "MalformedPolicyDocumentException" == service.call("ReplicateKey", members).type


@pytest.mark.parametrize(
    ("tags", "kind"), [([("a", "1")] * 2, "TagException"), ([("aws:a", "1")], "TagException")], ids=["twice", "aws"]
)
def test_the_tags_of_a_replica_are_checked_as_those_of_a_key(service, tags, kind):
    given = [{"TagKey": key, "TagValue": value} for key, value in tags]
    members = {"KeyId": primary_of(service), "ReplicaRegion": OTHER_REGION, "Tags": given}
    assert kind == service.call("ReplicateKey", members).type
