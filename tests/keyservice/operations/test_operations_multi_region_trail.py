"""What the trail says of multi-Region keys."""

from tests.keyservice.operations.related import arn_of, primary_of, replicate
from tests.live import ACCOUNT, OTHER_REGION, REGION


def test_the_trail_has_a_replication_in_the_primarys_region_and_a_new_key_in_the_replicas(service):
    key = primary_of(service)
    service.entries()
    replicate(service, key, Description="west")
    replication, creation, synchronization = [entry["event"] for entry in service.entries()]
    assert ("ReplicateKey", REGION) == (replication["eventName"], replication["awsRegion"])
    assert [arn_of(key, REGION)] == [one["ARN"] for one in replication["resources"]]
    metadata = replication["responseElements"]["replicaKeyMetadata"]
    assert (arn_of(key, OTHER_REGION), "Creating", ACCOUNT) == (
        metadata["arn"],
        metadata["keyState"],
        metadata["aWSAccountId"],
    )
    assert ("CreateKey", OTHER_REGION) == (creation["eventName"], creation["awsRegion"])
    assert [arn_of(key, OTHER_REGION)] == [one["ARN"] for one in creation["resources"]]
    assert ("west", True) == tuple(creation["requestParameters"][name] for name in ("description", "multiRegion"))
    assert "kms.amazonaws.com" == creation["userIdentity"]["invokedBy"]
    assert replication["userIdentity"]["arn"] == creation["userIdentity"]["arn"]
    assert ("SynchronizeMultiRegionKey", REGION) == (synchronization["eventName"], synchronization["awsRegion"])
    assert {"accountId": ACCOUNT, "invokedBy": "AWS Internal"} == synchronization["userIdentity"]
    assert {"keyId": arn_of(key, REGION)} == synchronization["responseElements"]


def test_the_trail_has_a_new_primary_in_both_regions(service, related):
    service.entries()
    service.call("UpdatePrimaryRegion", {"KeyId": related, "PrimaryRegion": OTHER_REGION})
    events = [entry["event"] for entry in service.entries()]
    assert [REGION, OTHER_REGION] == [event["awsRegion"] for event in events]
    expected = [related, arn_of(related, OTHER_REGION)]
    assert expected == [event["requestParameters"]["keyId"] for event in events]
    assert {OTHER_REGION} == {event["requestParameters"]["primaryRegion"] for event in events}


def test_the_trail_says_when_rotation_was_synchronized(service, related):
    service.entries()
    service.call("EnableKeyRotation", {"KeyId": related})
    names = [entry["event"]["eventName"] for entry in service.entries()]
    assert ["EnableKeyRotation", "SynchronizeMultiRegionKey"] == names
    service.call("EnableKeyRotation", {"KeyId": primary_of(service)})
    assert "SynchronizeMultiRegionKey" not in [entry["event"]["eventName"] for entry in service.entries()]


def test_a_call_is_recorded_in_the_region_it_was_made_in(service, related):
    service.entries()
    service.call("DescribeKey", {"KeyId": related}, region=OTHER_REGION)
    service.call("DescribeKey", {"KeyId": related}, region=OTHER_REGION, user="nobody")
    assert {OTHER_REGION} == {entry["event"]["awsRegion"] for entry in service.entries()}


def test_a_use_is_noted_of_the_key_that_was_used_and_not_of_its_related_keys(service, related):
    service.call("Encrypt", {"KeyId": related, "Plaintext": "AA=="}, region=OTHER_REGION)
    uses = [
        service.call("GetKeyLastUsage", {"KeyId": related}, region=region).json for region in (REGION, OTHER_REGION)
    ]
    assert [None, "Encrypt"] == [use["KeyLastUsage"].get("Operation") for use in uses]
