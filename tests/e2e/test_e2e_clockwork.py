"""Rotation, deletion and what is left of them, through boto3 and a served process whose clock the test sets."""

import pytest

from keyservice.jobs.served import jobs_there
from tests.e2e.conftest import code_of
from tests.live import serving, shared_clock

DAY = 86_400.0


@pytest.fixture
def clock(monkeypatch):
    return shared_clock(monkeypatch)


@pytest.fixture
def served(tmp_path, clock):
    with serving(tmp_path / "data", clock) as service:
        yield service


def run_due(served):
    """What `keyservice jobs --run` asks the service to do."""
    return {job.name: job.last for job in jobs_there(served.opened.directory.control_socket, limit=10, run=True).jobs}


def decrypted(kms, blob):
    answer = kms.decrypt(CiphertextBlob=blob)
    return answer["Plaintext"], answer["KeyMaterialId"]


def test_ten_years_of_a_key(served, clock):
    kms = served.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    blobs = []
    for year in range(10):
        blobs.append(kms.encrypt(KeyId=key, Plaintext=b"%d" % year)["CiphertextBlob"])
        clock.advance(365 * DAY)
        run_due(served)
    kms.rotate_key_on_demand(KeyId=key)
    assert [b"%d" % year for year in range(10)] == [decrypted(kms, blob)[0] for blob in blobs]
    assert 10 == len({decrypted(kms, blob)[1] for blob in blobs})
    pages = kms.get_paginator("list_key_rotations").paginate(
        KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL", PaginationConfig={"PageSize": 5}
    )
    entries = [entry for page in pages for entry in page["Rotations"]]
    assert [None, *["AUTOMATIC"] * 10, "ON_DEMAND"] == [entry.get("RotationType") for entry in entries]
    assert entries[-1]["KeyMaterialId"] == kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    status = kms.get_key_rotation_status(KeyId=key)
    assert (True, 365) == (status["KeyRotationEnabled"], status["RotationPeriodInDays"])
    assert 365 * DAY == status["NextRotationDate"].timestamp() - clock.now()


def test_a_deleted_key_is_as_if_it_had_never_been_and_its_ciphertexts_stay_closed_after_a_restart(
    tmp_path, served, clock
):
    kms = served.client()
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/gone", TargetKeyId=key)
    blob = kms.encrypt(KeyId="alias/gone", Plaintext=b"text")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert "KMSInvalidStateException" == code_of(kms.decrypt, CiphertextBlob=blob)
    clock.advance(7 * DAY)
    assert 1 == run_due(served)["deletion"].done
    for call, members, code in (
        (kms.describe_key, {"KeyId": key}, "NotFoundException"),
        (kms.describe_key, {"KeyId": "alias/gone"}, "NotFoundException"),
        (kms.cancel_key_deletion, {"KeyId": key}, "NotFoundException"),
        (kms.get_key_last_usage, {"KeyId": key}, "NotFoundException"),
        (kms.decrypt, {"CiphertextBlob": blob}, "AccessDeniedException"),
    ):
        assert code == code_of(call, **members)
    events = [event for event in served.events() if event["eventType"] == "AwsServiceEvent"]
    assert ["DeleteKey"] == [event["eventName"] for event in events]


def test_what_came_due_while_nobody_served_is_done_when_somebody_does(tmp_path, clock):
    data = tmp_path / "away"
    with serving(data, clock) as first:
        kms = first.client()
        leaving = kms.create_key()["KeyMetadata"]["KeyId"]
        staying = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=leaving, Plaintext=b"text")["CiphertextBlob"]
        kms.schedule_key_deletion(KeyId=leaving, PendingWindowInDays=7)
        kms.enable_key_rotation(KeyId=staying, RotationPeriodInDays=90)
    clock.advance(400 * DAY)
    with serving(data, clock) as second:
        run_due(second)
        kms = second.client()
        assert "AccessDeniedException" == code_of(kms.decrypt, CiphertextBlob=blob)
        assert 1 == len(kms.list_key_rotations(KeyId=staying)["Rotations"])
        run_due(second)
        assert 1 == len(kms.list_key_rotations(KeyId=staying)["Rotations"])
