"""GetKeyLastUsage: what counts as a use, and that it is found again by another process."""

import botocore.session
import pytest

from keyservice.audit.last_use import TRACKED, LastUses
from tests.keyservice.operations.cases import POLICY, encoded
from tests.live import open_service

pytestmark = pytest.mark.usefixtures("clock")
DAY = 86_400.0


@pytest.fixture
def key(service):
    return service.make_key(POLICY)["KeyId"]


def last(service, key):
    return service.call("GetKeyLastUsage", {"KeyId": key}).json


def encrypt(service, key, **more):
    return service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x")}, **more)


def test_a_key_that_was_never_used_says_so(service, key, clock):
    service.call("DescribeKey", {"KeyId": key})
    assert {
        "KeyId": key,
        "KeyLastUsage": {},
        "TrackingStartDate": clock.now(),
        "KeyCreationDate": clock.now(),
    } == last(service, key)


def test_the_last_successful_use_is_told_with_its_place_on_the_trail(service, key, clock):
    service.entries()
    clock.advance(100)
    blob = encrypt(service, key).json["CiphertextBlob"]
    assert "Encrypt" == last(service, key)["KeyLastUsage"]["Operation"]
    clock.advance(100)
    used = service.call("Decrypt", {"CiphertextBlob": blob})
    events = {entry["event"]["requestID"]: entry["event"] for entry in service.entries()}
    assert {
        "Operation": "Decrypt",
        "Timestamp": clock.now(),
        "CloudTrailEventId": events[used.request_id]["eventID"],
        "KmsRequestId": used.request_id,
    } == last(service, key)["KeyLastUsage"]


def test_calls_that_fail_or_do_no_cryptography_are_no_use(service, key, clock):
    encrypt(service, key)
    before = last(service, key)
    clock.advance(100)
    encrypt(service, key, user="nobody")
    service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x"), "DryRun": True})
    service.call("DisableKey", {"KeyId": key})
    encrypt(service, key)
    assert before == last(service, key)


def test_re_encrypt_is_a_use_of_both_keys(service, key):
    other = service.make_key(POLICY)["KeyId"]
    blob = encrypt(service, key).json["CiphertextBlob"]
    service.call("ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": other})
    assert ["ReEncrypt"] * 2 == [last(service, name)["KeyLastUsage"]["Operation"] for name in (key, other)]


def test_another_process_finds_the_use_on_the_trail(tmp_path):
    told = []
    for _ in range(2):
        service = open_service(tmp_path / "data")
        if not told:
            name = service.make_key(POLICY)["KeyId"]
            encrypt(service, name)
        told.append(last(service, name))
        service.close()
    assert told[0] == told[1]
    assert "Encrypt" == told[0]["KeyLastUsage"]["Operation"]


UNUSED_FOR_A_MONTH = {
    "Version": "2012-10-17",
    "Statement": [
        POLICY["Statement"],
        {
            "Sid": "InUse",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"],
            "Resource": "*",
            "Condition": {"NumericLessThan": {"kms:TrailingDaysWithoutKeyUsage": "30"}},
        },
    ],
}


@pytest.mark.parametrize("operation", ["ScheduleKeyDeletion", "DisableKey"])
def test_a_policy_keeps_a_key_that_was_lately_used(service, clock, operation):
    key = service.make_key(UNUSED_FOR_A_MONTH)["KeyId"]
    clock.advance(40 * DAY)
    encrypt(service, key)
    clock.advance(30 * DAY - 1)
    assert "AccessDeniedException" == service.call(operation, {"KeyId": key}).type
    clock.advance(1)
    assert 200 == service.call(operation, {"KeyId": key}).status


def test_a_key_that_was_never_used_is_unused_since_it_was_made(service, clock):
    key = service.make_key(UNUSED_FOR_A_MONTH)["KeyId"]
    assert "AccessDeniedException" == service.call("DisableKey", {"KeyId": key}).type
    clock.advance(30 * DAY)
    assert 200 == service.call("DisableKey", {"KeyId": key}).status


def test_a_trail_with_strange_entries_is_read_all_the_same():
    class Trail:
        def entries(self):
            use = {"eventName": "Encrypt", "eventTime": "2026-01-01T00:00:00Z", "eventID": "1", "requestID": "2"}
            later = {**use, "eventTime": "2026-01-02T00:00:00Z", "eventID": "3", "resources": [{"ARN": "key"}]}
            return [{}, {"event": None}, {"event": use}, {"event": later}, {"event": {**later, **use}}]

    uses = LastUses(Trail())
    assert "3" == uses.of("key", since=0.0).event_id
    assert uses.of("other", since=0.0) is None


def test_the_operations_that_are_tracked_are_those_of_the_model():
    shape = botocore.session.get_session().get_service_model("kms").shape_for("KeyLastUsageTrackingOperation")
    assert set(shape.enum) == TRACKED
