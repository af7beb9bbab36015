"""Automatic rotation, by a clock that the tests set."""

from keyservice.model.schedule import Duty
from tests.keyservice.jobs.keys import DAY, decrypt, encrypt, leaving_key, named, rotating_key, rotations, stored
from tests.live import ACCOUNT, REGION


def status(service, key):
    return service.call("GetKeyRotationStatus", {"KeyId": key}).json


def test_a_key_rotates_a_year_after_rotation_was_enabled_and_not_a_second_before(service, clock):
    key = rotating_key(service)
    before = stored(service, key).current_material_id
    clock.advance(365 * DAY - 1)
    assert 0 == service.run_due()[Duty.ROTATION].done
    assert [] == rotations(service, key)
    clock.advance(1)
    assert 1 == service.run_due()[Duty.ROTATION].done
    assert 0 == service.run_due()[Duty.ROTATION].done
    (rotation,) = rotations(service, key)
    assert (clock.now(), "AUTOMATIC", "CURRENT") == (
        rotation["RotationDate"],
        rotation["RotationType"],
        rotation["KeyMaterialState"],
    )
    assert before != rotation["KeyMaterialId"] == stored(service, key).current_material_id


def test_ciphertexts_of_every_earlier_material_decrypt_and_name_their_own(service, clock):
    key = rotating_key(service, days=90)
    blobs = [encrypt(service, key, b"0")]
    for number in range(1, 6):
        clock.advance(90 * DAY)
        service.run_due()
        blobs.append(encrypt(service, key, b"%d" % number))
    answers = [decrypt(service, blob).json for blob in blobs]
    assert 6 == len({answer["KeyMaterialId"] for answer in answers})
    every = rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert [entry["KeyMaterialId"] for entry in every] == [answer["KeyMaterialId"] for answer in answers]
    assert ["NON_CURRENT"] * 5 + ["CURRENT"] == [entry["KeyMaterialState"] for entry in every]


def test_the_dates_keep_their_distance(service, clock):
    key = rotating_key(service, days=100)
    due = status(service, key)["NextRotationDate"]
    clock.moment = due + 3600  # an hour late
    service.run_due()
    assert due + 100 * DAY == status(service, key)["NextRotationDate"]


def test_a_missed_rotation_is_made_up_for_once_and_the_period_counts_from_then(service, clock):
    key = rotating_key(service, days=100)
    clock.advance(1000 * DAY)
    assert 1 == service.run_due()[Duty.ROTATION].done
    assert 0 == service.run_due()[Duty.ROTATION].done
    assert 1 == len(rotations(service, key))
    assert clock.now() + 100 * DAY == status(service, key)["NextRotationDate"]


def test_a_disabled_key_does_not_rotate_and_catches_up_when_it_is_enabled(service, clock):
    key = rotating_key(service, days=100)
    service.call("DisableKey", {"KeyId": key})
    clock.advance(150 * DAY)
    assert 0 == service.run_due()[Duty.ROTATION].done
    assert status(service, key)["KeyRotationEnabled"]
    service.call("EnableKey", {"KeyId": key})
    assert 1 == service.run_due()[Duty.ROTATION].done


def test_a_disabled_key_that_missed_nothing_goes_on_with_its_schedule(service, clock):
    key = rotating_key(service, days=100)
    due = status(service, key)["NextRotationDate"]
    service.call("DisableKey", {"KeyId": key})
    clock.advance(50 * DAY)
    service.call("EnableKey", {"KeyId": key})
    assert 0 == service.run_due()[Duty.ROTATION].done
    assert due == status(service, key)["NextRotationDate"]


def test_a_key_pending_deletion_does_not_rotate_and_catches_up_once_it_is_kept_and_enabled(service, clock):
    key = rotating_key(service, days=90)
    service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 30})
    clock.advance(29 * DAY)
    clock.moment = stored(service, key).rotation.next_due  # past the waiting period too, but nobody has looked
    assert not status(service, key)["KeyRotationEnabled"]
    service.call("CancelKeyDeletion", {"KeyId": key})
    assert {0} == {run.done for run in service.run_due().values()}
    service.call("EnableKey", {"KeyId": key})
    assert 1 == service.run_due()[Duty.ROTATION].done
    assert status(service, key)["KeyRotationEnabled"]


def test_an_on_demand_rotation_does_not_move_the_schedule(service, clock):
    key = rotating_key(service, days=100)
    due = status(service, key)["NextRotationDate"]
    clock.advance(50 * DAY)
    assert 200 == service.call("RotateKeyOnDemand", {"KeyId": key}).status
    assert due == status(service, key)["NextRotationDate"]
    clock.moment = due
    service.run_due()
    assert ["ON_DEMAND", "AUTOMATIC"] == [entry["RotationType"] for entry in rotations(service, key)]


def test_a_rotation_stands_on_the_trail_as_an_event_of_the_service(service, clock):
    """Field by field as the example in "Logging AWS KMS API calls with AWS CloudTrail", RotateKey."""
    key = rotating_key(service)
    before = stored(service, key)
    clock.advance(365 * DAY)
    service.entries()
    service.run_due()
    (entry,) = service.entries()
    event = entry["event"]
    after = stored(service, key)
    assert {
        "eventVersion": "1.11",
        "userIdentity": {"accountId": ACCOUNT, "invokedBy": "AWS Internal"},
        "eventTime": event["eventTime"],
        "eventSource": "kms.amazonaws.com",
        "eventName": "RotateKey",
        "awsRegion": REGION,
        "sourceIPAddress": "AWS Internal",
        "userAgent": "AWS Internal",
        "requestParameters": None,
        "responseElements": None,
        "eventID": event["eventID"],
        "readOnly": False,
        "resources": [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": before.arn}],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "serviceEventDetails": {
            "rotationType": "AUTOMATIC",
            "keyOrigin": "AWS_KMS",
            "previousKeyMaterialId": before.current_material_id,
            "currentKeyMaterialId": after.current_material_id,
            "keyId": key,
        },
        "eventCategory": "Management",
    } == event
    assert entry["usage"] is None


def test_a_fault_with_one_key_is_told_and_stops_no_other(service, clock, caplog):
    good, bad, other = (rotating_key(service) for _ in range(3))
    with service.opened.store.change() as change:
        change._run("UPDATE key SET record = CAST('{}' AS BLOB), rotation_due = 1.0 WHERE key_id = ?", bad)
    clock.advance(366 * DAY)
    run = service.run_due()[Duty.ROTATION]
    assert (2, 1) == (run.done, run.failed)
    assert bad in run.fault
    assert bad in caplog.text
    assert 1 == len(rotations(service, good)) == len(rotations(service, other))
    assert [run] == [kept for kept in service.opened.store.job_runs() if kept.name == Duty.ROTATION]


def test_more_keys_than_are_looked_up_at_once_are_all_done(service, clock, monkeypatch):
    monkeypatch.setattr("keyservice.jobs.sweep.PAGE", 3)
    keys = [leaving_key(service) for _ in range(10)]
    clock.advance(8 * DAY)
    assert 10 == service.run_due()[Duty.DELETION].done
    assert [None] * 10 == [stored(service, key) for key in keys]
    assert 10 == len(named(service.entries(), "DeleteKey"))
