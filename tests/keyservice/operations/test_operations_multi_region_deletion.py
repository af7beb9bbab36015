"""The end of a multi-Region set."""

from keyservice.operations.multi_region import after_deletion
from tests.keyservice.operations.cases import encoded
from tests.keyservice.operations.related import THIRD, arn_of, described, primary_of, replicate, rotation_of
from tests.live import OTHER_REGION, REGION

DAY = 86_400.0


def delete(service, key_id, region, now):
    """What the deletion job does."""
    with service.opened.store.change() as change:
        key = change.key(region, key_id)
        change.delete_key(region, key_id)
        return after_deletion(change, key, now)


def test_a_primary_with_replicas_waits_for_the_last_of_them_before_its_own_waiting_period(service, related):
    replicate(service, related, THIRD)
    answer = service.call("ScheduleKeyDeletion", {"KeyId": related, "PendingWindowInDays": 9}).json
    expected = {"KeyId": arn_of(related, REGION), "KeyState": "PendingReplicaDeletion", "PendingWindowInDays": 9}
    assert expected == answer
    waiting = described(service, related)
    assert ("PendingReplicaDeletion", 9) == (waiting["KeyState"], waiting["PendingDeletionWindowInDays"])
    assert "DeletionDate" not in waiting
    assert not rotation_of(service, related, REGION)["KeyRotationEnabled"]
    assert "Enabled" == described(service, related, OTHER_REGION)["KeyState"]
    assert "KMSInvalidStateException" == service.call("Encrypt", {"KeyId": related, "Plaintext": "AA=="}).type
    assert 200 == service.call("Encrypt", {"KeyId": related, "Plaintext": "AA=="}, region=THIRD).status
    for region in (OTHER_REGION, THIRD):
        scheduled = service.call("ScheduleKeyDeletion", {"KeyId": related}, region=region).json
        assert "PendingDeletion" == scheduled["KeyState"]
    assert delete(service, related, OTHER_REGION, 1000.0) is None
    assert "PendingReplicaDeletion" == described(service, related)["KeyState"]
    assert delete(service, related, THIRD, 2000.0) is not None
    ending = described(service, related)
    assert ("PendingDeletion", 2000.0 + 9 * DAY) == (ending["KeyState"], ending["DeletionDate"])
    assert "PendingDeletionWindowInDays" not in ending


def test_the_deletion_of_a_primary_is_cancelled_while_it_waits(service, related):
    service.call("ScheduleKeyDeletion", {"KeyId": related})
    assert arn_of(related, REGION) == service.call("CancelKeyDeletion", {"KeyId": related}).json["KeyId"]
    assert "Disabled" == described(service, related)["KeyState"]
    assert delete(service, related, OTHER_REGION, 1000.0) is None
    assert "Disabled" == described(service, related)["KeyState"]


def test_a_primary_without_replicas_is_deleted_as_any_key(service):
    key = primary_of(service)
    answer = service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 7}).json
    assert ("PendingDeletion", True) == (answer["KeyState"], "DeletionDate" in answer)


def test_a_deleted_replica_can_be_made_again_with_the_same_material(service, related):
    sealed = service.call("Encrypt", {"KeyId": related, "Plaintext": encoded(b"text")}, region=OTHER_REGION).json
    service.call("ScheduleKeyDeletion", {"KeyId": related}, region=OTHER_REGION)
    again = service.call("ReplicateKey", {"KeyId": related, "ReplicaRegion": OTHER_REGION})
    assert "AlreadyExistsException" == again.type
    delete(service, related, OTHER_REGION, 1000.0)
    replicate(service, related)
    given = {"CiphertextBlob": sealed["CiphertextBlob"]}
    assert encoded(b"text") == service.call("Decrypt", given, region=OTHER_REGION).json["Plaintext"]
