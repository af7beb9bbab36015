"""Who may replicate keys and move primaries, and what policies may ask about multi-Region keys."""

import json

import pytest

from keyservice.authorize import authorizer
from policy.catalogue.data import load_catalogue
from policy.catalogue.keys import key_type
from tests.keyservice.operations.related import (
    THIRD,
    allowing,
    arn_of,
    described,
    in_region,
    permit,
    primary_of,
    refusal,
    replicate,
)
from tests.live import ACCOUNT, OTHER_REGION, REGION


def test_replicating_needs_the_key_policys_permission_here_and_create_key_from_iam_there(service):
    key = primary_of(service, Policy=json.dumps(allowing({"Action": "kms:ReplicateKey"})))
    members = {"KeyId": key, "ReplicaRegion": OTHER_REGION}
    answer = service.call("ReplicateKey", members, user="alice")
    assert answer.message.endswith("because no identity-based policy allows the kms:CreateKey action")
    permit(service, "alice", {"Action": "kms:CreateKey", **in_region(REGION)})
    assert "AccessDeniedException" == service.call("ReplicateKey", members, user="alice").type
    permit(service, "alice", {"Action": "kms:CreateKey", **in_region(OTHER_REGION)})
    tags = {"Tags": [{"TagKey": "a", "TagValue": "b"}], "BypassPolicyLockoutSafetyCheck": True}
    answer = service.call("ReplicateKey", {**members, **tags}, user="alice")
    assert answer.message.endswith("because no identity-based policy allows the kms:TagResource action")
    assert 200 == service.call("ReplicateKey", members, user="alice").status


def test_create_key_alone_does_not_replicate(service):
    key = primary_of(service, Policy=json.dumps(allowing({"Action": "kms:DescribeKey"})))
    permit(service, "alice", {"Action": "kms:CreateKey"})
    answer = service.call("ReplicateKey", {"KeyId": key, "ReplicaRegion": OTHER_REGION}, user="alice")
    assert f"not authorized to perform: kms:ReplicateKey on resource: {arn_of(key, REGION)}" in answer.message


@pytest.mark.parametrize(("name", "operation"), [("Replica", "ReplicateKey"), ("Primary", "UpdatePrimaryRegion")])
def test_policies_say_into_which_regions(service, name, operation):
    only = {"Condition": {"StringEquals": {f"kms:{name}Region": THIRD}}}
    policy = allowing({"Action": f"kms:{operation}", **only})
    key = primary_of(service, Policy=json.dumps(policy))
    permit(service, "alice", {"Action": "kms:CreateKey"})
    if operation == "UpdatePrimaryRegion":
        for region in (OTHER_REGION, THIRD):
            replicate(service, key, region, Policy=json.dumps(policy))
    for region, expected in ((OTHER_REGION, "AccessDeniedException"), (THIRD, None)):
        assert expected == service.call(operation, {"KeyId": key, f"{name}Region": region}, user="alice").type


def test_the_primary_is_moved_only_with_permission_on_both_keys(service):
    policy = allowing({"Action": "kms:UpdatePrimaryRegion"})
    key = primary_of(service, Policy=json.dumps(policy))
    replicate(service, key)
    move = {"KeyId": key, "PrimaryRegion": OTHER_REGION}
    answer = service.call("UpdatePrimaryRegion", move, user="alice")
    assert arn_of(key, OTHER_REGION) in answer.message
    assert "PRIMARY" == described(service, key)["MultiRegionConfiguration"]["MultiRegionKeyType"]
    there = allowing({"Action": "kms:UpdatePrimaryRegion", **in_region(OTHER_REGION)})
    given = {"KeyId": key, "PolicyName": "default", "Policy": json.dumps(there)}
    assert 200 == service.call("PutKeyPolicy", given, region=OTHER_REGION).status
    assert 200 == service.call("UpdatePrimaryRegion", move, user="alice").status


def test_whether_there_is_a_replica_is_told_only_to_those_who_may_move_the_primary(service, related):
    for region in (OTHER_REGION, THIRD):
        answer = service.call("UpdatePrimaryRegion", {"KeyId": related, "PrimaryRegion": region}, user="nobody")
        assert f"on resource: {arn_of(related, REGION)} because" in answer.message
    answer = service.call("UpdatePrimaryRegion", {"KeyId": related, "PrimaryRegion": THIRD})
    assert ("NotFoundException", f"Key '{arn_of(related, THIRD)}' does not exist") == refusal(answer)


@pytest.mark.parametrize(("region", "text"), [(REGION, "is already the"), ("eu-central-1", "is not supported")])
def test_the_primary_does_not_move_to_where_it_is_or_to_where_nobody_serves_it(service, related, region, text):
    answer = service.call("UpdatePrimaryRegion", {"KeyId": related, "PrimaryRegion": region})
    assert "UnsupportedOperationException" == answer.type
    assert text in answer.message


@pytest.mark.parametrize("wanted", ["PRIMARY", "REPLICA"])
def test_policies_tell_primary_and_replica_keys_apart(service, wanted):
    statement = {"Action": "kms:DescribeKey", "Condition": {"StringEquals": {"kms:MultiRegionKeyType": wanted}}}
    policy = json.dumps(allowing(statement))
    key = primary_of(service, Policy=policy)
    replicate(service, key, Policy=policy)
    for region, expected in ((REGION, "PRIMARY"), (OTHER_REGION, "REPLICA")):
        answer = service.call("DescribeKey", {"KeyId": key}, user="alice", region=region)
        assert (200 if wanted == expected else 400) == answer.status


@pytest.mark.parametrize(
    ("condition", "single", "multi"),
    [
        ({"Bool": {"kms:MultiRegion": "true"}}, 400, 200),
        ({"Bool": {"kms:MultiRegion": "false"}}, 200, 400),
        ({"StringEquals": {"kms:MultiRegionKeyType": "PRIMARY"}}, 400, 200),
        ({"StringEquals": {"kms:MultiRegionKeyType": "REPLICA"}}, 400, 400),
    ],
    ids=str,
)
def test_policies_say_whether_keys_that_are_made_may_be_multi_region(service, condition, single, multi):
    permit(service, "alice", {"Action": "kms:CreateKey", "Condition": condition})
    bypass = {"BypassPolicyLockoutSafetyCheck": True}
    assert single == service.call("CreateKey", bypass, user="alice").status
    assert multi == service.call("CreateKey", {**bypass, "MultiRegion": True}, user="alice").status


@pytest.mark.parametrize(
    ("operation", "region_member"), [("ReplicateKey", "ReplicaRegion"), ("UpdatePrimaryRegion", "PrimaryRegion")]
)
def test_every_target_offers_the_condition_keys_that_the_reference_gives_its_action(
    service, related, operation, region_member, monkeypatch
):
    asked = []
    context_of_call = authorizer.context_of_call

    def watched(facts, target):
        asked.append((target.action, target.region, {key_type(name).name for name in target.offered}))
        return context_of_call(facts, target)

    monkeypatch.setattr(authorizer, "context_of_call", watched)
    to = THIRD if operation == "ReplicateKey" else OTHER_REGION
    tags = {"Tags": [{"TagKey": "a", "TagValue": "b"}]} if operation == "ReplicateKey" else {}
    assert 200 == service.call(operation, {"KeyId": related, region_member: to, **tags}).status
    actions = load_catalogue()["actions"]
    for action, region, offered in asked:
        assert (None if action == "kms:ReplicateKey" or region is None else to) == region
        expected = set(actions[action]["keys"]) - {"kms:CallerAccount", "kms:ViaService", "aws:ResourceTag/*"}
        assert expected <= offered


def test_a_grant_holds_for_the_key_of_one_region(service, related):
    given = {"KeyId": related, "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/alice", "Operations": ["DescribeKey"]}
    assert 200 == service.call("CreateGrant", given, region=OTHER_REGION).status
    for region, expected in ((REGION, 400), (OTHER_REGION, 200)):
        assert expected == service.call("DescribeKey", {"KeyId": related}, user="alice", region=region).status


def test_aliases_and_states_are_each_keys_own(service, related):
    alias = {"AliasName": "alias/set", "TargetKeyId": related}
    assert 200 == service.call("CreateAlias", alias, region=OTHER_REGION).status
    assert "NotFoundException" == service.call("DescribeKey", {"KeyId": "alias/set"}).type
    assert 200 == service.call("DescribeKey", {"KeyId": "alias/set"}, region=OTHER_REGION).status
    service.call("DisableKey", {"KeyId": related}, region=OTHER_REGION)
    assert ["Enabled", "Disabled"] == [
        described(service, related, region)["KeyState"] for region in (REGION, OTHER_REGION)
    ]


def test_the_arn_of_another_region_is_nothing_here(service, related):
    answer = service.call("DescribeKey", {"KeyId": arn_of(related, OTHER_REGION)})
    assert ("NotFoundException", f"Invalid arn {OTHER_REGION}") == refusal(answer)
