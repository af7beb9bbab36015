"""Related multi-Region keys, made, looked at and forced into states: for the tests of what they do."""

import json
from dataclasses import replace

from keyservice.model.identity import NamedPolicy
from tests.keyservice.operations.cases import POLICY
from tests.live import ACCOUNT, OTHER_REGION, REGION, REGIONS

THIRD = REGIONS[2]


def primary_of(service, **members):
    return service.make_key(MultiRegion=True, **members)["KeyId"]


def replicate(service, key, to=OTHER_REGION, **members):
    answer = service.call("ReplicateKey", {"KeyId": key, "ReplicaRegion": to, **members})
    assert 200 == answer.status, answer.body
    return answer.json


def described(service, key, region=REGION):
    return service.call("DescribeKey", {"KeyId": key}, region=region).json["KeyMetadata"]


def arn_of(key, region):
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key}"


def refusal(answer):
    return answer.type, answer.message


def rotation_of(service, key, region):
    status = service.call("GetKeyRotationStatus", {"KeyId": key}, region=region).json
    return {name: value for name, value in status.items() if name != "KeyId"}


def force(service, key_id, region, state):
    with service.opened.store.change() as change:
        change.put_key(replace(change.key(region, key_id), state=state))


def allowing(*statements):
    """A key policy under which alice may do something; the administrator everything."""
    alice = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}
    own = [{"Effect": "Allow", "Resource": "*", "Principal": alice, **statement} for statement in statements]
    return {**POLICY, "Statement": [POLICY["Statement"], *own]}


def permit(service, user, *statements):
    """Give a user of the account an identity-based policy in place of those that it had."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", **one} for one in statements],
    }
    with service.opened.store.change() as change:
        found = service.opened.store.user(ACCOUNT, user)
        change.put_user(replace(found, policies=(NamedPolicy(name="test", document=json.dumps(document)),)))


def in_region(region):
    return {"Condition": {"StringEquals": {"aws:RequestedRegion": region}}}
