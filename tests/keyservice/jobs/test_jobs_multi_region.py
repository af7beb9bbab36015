"""What the jobs do with multi-Region sets: they rotate together, and the primary goes after its last replica."""

from tests.keyservice.jobs.keys import DAY
from tests.keyservice.operations.cases import encoded
from tests.keyservice.operations.related import THIRD, arn_of, described, primary_of, replicate, rotation_of
from tests.live import OTHER_REGION, REGION


def later(clock, days):
    clock.advance(days * DAY)


def material_of(service, key, region):
    return described(service, key, region)["CurrentKeyMaterialId"]


def test_a_set_rotates_as_one_by_the_primarys_schedule_and_old_ciphertexts_open_everywhere(service, clock):
    key = primary_of(service)
    replicate(service, key)
    service.call("EnableKeyRotation", {"KeyId": key, "RotationPeriodInDays": 90})
    first = material_of(service, key, REGION)
    blob = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"old")}, region=OTHER_REGION).json
    later(clock, 91)
    service.entries()
    service.run_due()
    events = [entry["event"] for entry in service.entries()]
    assert [("RotateKey", REGION), ("SynchronizeMultiRegionKey", REGION)] == [
        (event["eventName"], event["awsRegion"]) for event in events
    ]
    materials = {material_of(service, key, region) for region in (REGION, OTHER_REGION)}
    assert 1 == len(materials - {first})
    assert rotation_of(service, key, REGION) == rotation_of(service, key, OTHER_REGION)
    replicate(service, key, THIRD)
    for region in (REGION, OTHER_REGION, THIRD):
        opened = service.call("Decrypt", {"CiphertextBlob": blob["CiphertextBlob"]}, region=region).json
        assert (encoded(b"old"), first) == (opened["Plaintext"], opened["KeyMaterialId"])
        new = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"new")}, region=region).json
        there = service.call("Decrypt", {"CiphertextBlob": new["CiphertextBlob"]}, region=REGION).json
        assert {there["KeyMaterialId"]} == materials


def test_a_disabled_primary_rotates_nobody(service, clock):
    key = primary_of(service)
    replicate(service, key)
    service.call("EnableKeyRotation", {"KeyId": key})
    before = material_of(service, key, OTHER_REGION)
    service.call("DisableKey", {"KeyId": key})
    later(clock, 400)
    service.run_due()
    assert before == material_of(service, key, OTHER_REGION)


def test_a_set_is_rotated_on_demand_from_its_primary_alone(service):
    key = primary_of(service)
    replicate(service, key)
    refused = service.call("RotateKeyOnDemand", {"KeyId": key}, region=OTHER_REGION)
    text = f"{arn_of(key, OTHER_REGION)} is not a multi-region primary key."
    assert ("UnsupportedOperationException", text) == (refused.type, refused.message)
    before = material_of(service, key, REGION)
    assert arn_of(key, REGION) == service.call("RotateKeyOnDemand", {"KeyId": key}).json["KeyId"]
    after = {material_of(service, key, region) for region in (REGION, OTHER_REGION)}
    assert 1 == len(after - {before})
    listed = [
        service.call("ListKeyRotations", {"KeyId": key}, region=region).json["Rotations"]
        for region in (REGION, OTHER_REGION)
    ]
    assert listed[0] == listed[1]


def test_after_the_last_replica_the_primarys_whole_waiting_period_begins(service, clock):
    key = primary_of(service)
    for region in (OTHER_REGION, THIRD):
        replicate(service, key, region)
    service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 7})
    service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 7}, region=OTHER_REGION)
    service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 10}, region=THIRD)
    later(clock, 8)
    service.run_due()
    assert "NotFoundException" == service.call("DescribeKey", {"KeyId": key}, region=OTHER_REGION).type
    waiting = described(service, key)
    assert "PendingReplicaDeletion" == waiting["KeyState"]
    assert [THIRD] == [replica["Region"] for replica in waiting["MultiRegionConfiguration"]["ReplicaKeys"]]
    later(clock, 3)
    service.run_due()
    ending = described(service, key)
    assert ("PendingDeletion", clock.now() + 7 * DAY) == (ending["KeyState"], ending["DeletionDate"])
    later(clock, 6)
    service.run_due()
    assert "PendingDeletion" == described(service, key)["KeyState"]
    later(clock, 1)
    service.run_due()
    assert "NotFoundException" == service.call("DescribeKey", {"KeyId": key}).type
    deleted = [entry["event"] for entry in service.entries() if entry["event"]["eventName"] == "DeleteKey"]
    assert [OTHER_REGION, THIRD, REGION] == [event["awsRegion"] for event in deleted]
