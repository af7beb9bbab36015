"""Multi-Region keys as the AWS Encryption SDK uses them, and as many clients at once do."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.exceptions import DecryptKeyError
from aws_encryption_sdk.key_providers.kms import (
    DiscoveryFilter,
    MRKAwareDiscoveryAwsKmsMasterKeyProvider,
    MRKAwareStrictAwsKmsMasterKeyProvider,
)

from tests.e2e.conftest import code_of
from tests.live import ACCOUNT, OTHER_REGION, REGION, REGIONS

CLIENT = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)


@pytest.fixture
def arns(served):
    """The ARNs of a primary key and its replica."""
    made = served.client().create_key(MultiRegion=True)["KeyMetadata"]
    replica = served.client().replicate_key(KeyId=made["KeyId"], ReplicaRegion=OTHER_REGION)
    return made["Arn"], replica["ReplicaKeyMetadata"]["Arn"]


def test_what_the_sdk_encrypts_in_one_region_it_decrypts_in_the_other(arns, acting_as):
    acting_as("admin")
    here, there = (MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[arn]) for arn in arns)
    sealed, _ = CLIENT.encrypt(source=b"a file's text", key_provider=here, encryption_context={"app": "web"})
    opened, header = CLIENT.decrypt(source=sealed, key_provider=there)
    assert (b"a file's text", "web") == (opened, header.encryption_context["app"])


def test_the_sdk_finds_the_related_key_of_the_region_that_it_is_to_look_in(arns, acting_as):
    acting_as("admin")
    sealed, _ = CLIENT.encrypt(source=b"text", key_provider=MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=[arns[0]]))
    accounts = DiscoveryFilter(partition="aws", account_ids=[ACCOUNT])
    for region in (REGION, OTHER_REGION):
        provider = MRKAwareDiscoveryAwsKmsMasterKeyProvider(discovery_region=region, discovery_filter=accounts)
        assert b"text" == CLIENT.decrypt(source=sealed, key_provider=provider)[0]
    nowhere = MRKAwareDiscoveryAwsKmsMasterKeyProvider(discovery_region=REGIONS[2], discovery_filter=accounts)
    with pytest.raises(DecryptKeyError):
        CLIENT.decrypt(source=sealed, key_provider=nowhere)


def test_of_many_who_replicate_at_once_one_does(served):
    client = served.client()
    key = client.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(code_of, client.replicate_key, KeyId=key, ReplicaRegion=region)
            for region in (OTHER_REGION, REGIONS[2]) * 4
        ]
        codes = sorted(call.result() or "" for call in calls)
    assert ["", ""] + ["AlreadyExistsException"] * 6 == codes


def test_of_many_who_move_the_primary_at_once_all_leave_one_primary(served):
    client = served.client()
    key = client.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    for region in REGIONS[1:]:
        client.replicate_key(KeyId=key, ReplicaRegion=region)
    moves = [(here, there) for here in REGIONS for there in REGIONS if here != there] * 3
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(code_of, served.client(region=here).update_primary_region, KeyId=key, PrimaryRegion=there)
            for here, there in moves
        ]
        assert {call.result() for call in calls} <= {None, "UnsupportedOperationException"}
    found = [served.client(region=region).describe_key(KeyId=key)["KeyMetadata"] for region in REGIONS]
    assert 1 == len({one["MultiRegionConfiguration"]["PrimaryKey"]["Region"] for one in found})
