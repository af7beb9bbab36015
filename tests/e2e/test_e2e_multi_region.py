"""Two boto3 clients in two Regions, one process behind both."""

import json
import re

import pytest

from tests.e2e.conftest import code_of, policy, refusal_of, statement, user_arn
from tests.live import ACCOUNT, OTHER_REGION, REGION, REGIONS, ROOT

USE = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
ADMINISTRATORS_ALONE = policy(statement("Administrators", ROOT, "kms:*"))
ALICE_USES = policy(*ADMINISTRATORS_ALONE["Statement"], statement("Use", user_arn("alice"), USE))


@pytest.fixture
def here(served):
    return served.client(region=REGION)


@pytest.fixture
def there(served):
    return served.client(region=OTHER_REGION)


def test_a_multi_region_key_works_in_both_regions_under_the_policy_of_each(served, here, there):
    made = here.create_key(MultiRegion=True, Policy=json.dumps(ALICE_USES))["KeyMetadata"]
    key = made["KeyId"]
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", key)
    replica = here.replicate_key(KeyId=key, ReplicaRegion=OTHER_REGION, Policy=json.dumps(ADMINISTRATORS_ALONE))
    assert "Creating" == replica["ReplicaKeyMetadata"]["KeyState"]
    assert "Enabled" == there.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    alice = served.client("alice", region=REGION)
    sealed = alice.encrypt(KeyId=key, Plaintext=b"crosses the ocean", EncryptionContext={"app": "web"})
    crossing = {"CiphertextBlob": sealed["CiphertextBlob"], "EncryptionContext": {"app": "web"}}
    opened = there.decrypt(**crossing)
    assert b"crosses the ocean" == opened["Plaintext"]
    assert replica["ReplicaKeyMetadata"]["Arn"] == opened["KeyId"] != made["Arn"]
    abroad = served.client("alice", region=OTHER_REGION)
    code, text = refusal_of(abroad.decrypt, **crossing)
    assert "AccessDeniedException" == code
    assert f"kms:Decrypt on resource: {opened['KeyId']}" in text


def test_the_primary_moves_and_the_set_ends_in_order(here, there):
    key = here.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    here.replicate_key(KeyId=key, ReplicaRegion=OTHER_REGION)
    here.update_primary_region(KeyId=key, PrimaryRegion=OTHER_REGION)
    types = [
        client.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"]
        for client in (here, there)
    ]
    assert ["REPLICA", "PRIMARY"] == types
    assert "UnsupportedOperationException" == code_of(here.replicate_key, KeyId=key, ReplicaRegion=REGIONS[2])
    waiting = there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert ("PendingReplicaDeletion", False) == (waiting["KeyState"], "DeletionDate" in waiting)
    described = there.describe_key(KeyId=key)["KeyMetadata"]
    assert ("PendingReplicaDeletion", 7) == (described["KeyState"], described["PendingDeletionWindowInDays"])
    there.cancel_key_deletion(KeyId=key)
    there.enable_key(KeyId=key)
    assert "PendingDeletion" == here.schedule_key_deletion(KeyId=key)["KeyState"]


@pytest.mark.parametrize("region", REGIONS)
def test_sts_and_its_credentials_are_good_in_every_region(served, region):
    sts = served.client("alice", "sts", region=region)
    assert user_arn("alice") == sts.get_caller_identity()["Arn"]
    role = f"arn:aws:iam::{ACCOUNT}:role/App"
    session = sts.assume_role(RoleArn=role, RoleSessionName="anywhere")["Credentials"]
    for other in REGIONS:
        kms = served.client(session=session, region=other)
        made = kms.create_key()["KeyMetadata"]["Arn"]
        assert made.startswith(f"arn:aws:kms:{other}:{ACCOUNT}:key/")


def test_a_region_that_is_not_served_is_told_as_aws_tells_it(served):
    code, _ = refusal_of(served.client(region="eu-west-1").list_keys)
    assert "InvalidSignatureException" == code
