"""The end of keys, and of imported material, by a clock that the tests set."""

import base64

from keyservice.model.key import KeyState
from keyservice.model.schedule import Duty
from keyservice.model.wrapping_key import WrappingKey
from tests.keyservice.jobs.keys import DAY, decrypt, encrypt, imported_key, leaving_key, named, rotations, stored
from tests.keyservice.operations.cases import GRANTEE
from tests.live import ACCOUNT, REGION, open_service


def test_a_key_is_deleted_when_its_waiting_period_ends_and_not_a_second_before(service, clock):
    key = leaving_key(service, days=7)
    clock.advance(7 * DAY - 1)
    assert 0 == service.run_due()[Duty.DELETION].done
    assert KeyState.PENDING_DELETION is stored(service, key).state
    clock.advance(1)
    assert 1 == service.run_due()[Duty.DELETION].done
    refused = service.call("DescribeKey", {"KeyId": key})
    assert ("NotFoundException", f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}' does not exist") == (
        refused.type,
        refused.message,
    )


def test_aliases_grants_and_backing_keys_go_with_the_key(service, clock):
    key = service.make_key()["KeyId"]
    service.call("CreateAlias", {"AliasName": "alias/gone", "TargetKeyId": key})
    service.call("CreateGrant", {"KeyId": key, "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]})
    service.call("RotateKeyOnDemand", {"KeyId": key})
    service.call("ScheduleKeyDeletion", {"KeyId": key})
    clock.advance(30 * DAY)
    service.run_due()
    store = service.opened.store
    assert [] == store.backing_keys(REGION, key) == store.grants(REGION, key, grantee=None, after=None, limit=10)
    assert store.alias(ACCOUNT, REGION, "alias/gone") is None
    assert "alias/gone" not in str(service.call("ListAliases").json)


def test_a_ciphertext_of_a_deleted_key_is_answered_as_one_of_an_unknown_key_before_and_after_a_restart(
    service, clock, tmp_path
):
    key = service.make_key()["KeyId"]
    blob = encrypt(service, key)
    assert 200 == decrypt(service, blob).status
    service.call("ScheduleKeyDeletion", {"KeyId": key})
    clock.advance(30 * DAY)
    service.run_due()
    unknown = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or"
    answer = decrypt(service, blob)
    assert ("AccessDeniedException", True) == (answer.type, answer.message.startswith(unknown))
    service.opened.close()
    again = open_service(tmp_path / "data", clock)
    assert answer.message == decrypt(again, blob).message
    again.close()


def test_a_key_whose_deletion_was_cancelled_stays(service, clock):
    key = leaving_key(service)
    service.call("CancelKeyDeletion", {"KeyId": key})
    clock.advance(30 * DAY)
    assert 0 == service.run_due()[Duty.DELETION].done
    assert KeyState.DISABLED is stored(service, key).state


def test_a_deletion_stands_on_the_trail_as_an_event_of_the_service(service, clock):
    key = leaving_key(service)
    arn = stored(service, key).arn
    clock.advance(7 * DAY)
    service.entries()
    service.run_due()
    (entry,) = service.entries()
    event = entry["event"]
    assert ("DeleteKey", "AwsServiceEvent", None) == (event["eventName"], event["eventType"], entry["usage"])
    assert {"accountId": ACCOUNT, "invokedBy": "AWS Internal"} == event["userIdentity"]
    assert [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}] == event["resources"]
    assert "requestID" not in event


def test_the_last_use_and_the_usage_of_other_keys_stay_as_they_were(service, clock):
    kept = service.make_key()["KeyId"]
    encrypt(service, kept)
    before = service.call("GetKeyLastUsage", {"KeyId": kept}).json
    gone = leaving_key(service)
    clock.advance(7 * DAY)
    service.run_due()
    assert before == service.call("GetKeyLastUsage", {"KeyId": kept}).json
    assert "NotFoundException" == service.call("GetKeyLastUsage", {"KeyId": gone}).type


def wrapped_forms(service, key):
    for backing in service.opened.store.backing_keys(REGION, key):
        yield backing.wrapped
        yield base64.b64encode(backing.wrapped)


def on_disk(service):
    directory = service.opened.directory.store.parent
    return b"".join(path.read_bytes() for path in directory.glob("wardkey.db*"))


def test_nothing_of_deleted_material_is_left_in_the_files(service, clock):
    gone, kept = [], []
    for number in range(60):
        key = service.make_key(**({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"} if number % 20 == 0 else {}))
        (kept if number % 3 else gone).append(key["KeyId"])
    forms = [form for key in gone for form in wrapped_forms(service, key)]
    others = [list(wrapped_forms(service, key))[1] for key in kept]
    assert all(form in on_disk(service) for form in forms[1::2])
    for key in gone:
        service.call("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 7})
    clock.advance(7 * DAY)
    assert len(gone) == service.run_due()[Duty.DELETION].done
    files = on_disk(service)
    assert [] == [form for form in forms if form in files]
    assert all(form in files for form in others)


def test_no_plaintext_of_deleted_material_stays_in_memory(service, clock):
    keystore = service.app.clockwork._ports.keystore
    key = service.make_key()["KeyId"]
    pair = service.make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyId"]
    encrypt(service, key)
    service.call("GetPublicKey", {"KeyId": pair})
    assert (1, 1) == (len(keystore._unwrapped._entries), len(keystore._pairs._entries))
    for each in (key, pair):
        service.call("ScheduleKeyDeletion", {"KeyId": each})
    clock.advance(30 * DAY)
    service.run_due()
    assert (0, 0) == (len(keystore._unwrapped._entries), len(keystore._pairs._entries))


def test_material_that_a_call_under_way_has_unwrapped_again_is_gone_after_the_next_look(service, clock):
    keystore = service.app.clockwork._ports.keystore
    key = imported_key(service, valid_to=clock.now() + DAY)
    (backing,) = service.opened.store.backing_keys(REGION, key)
    clock.advance(DAY)
    service.run_due()
    keystore.encrypt(stored(service, key), backing, b"late", {})
    assert 1 == len(keystore._unwrapped._entries)
    service.run_due()
    assert 0 == len(keystore._unwrapped._entries)


def test_a_change_that_fails_leaves_the_key_and_what_is_in_memory(service, clock, monkeypatch):
    key = leaving_key(service)
    clock.advance(7 * DAY)

    def no_trail(*_, **__):
        raise OSError("no trail")

    with monkeypatch.context() as broken:
        broken.setattr("keyservice.jobs.sweep.internal_line", no_trail)
        run = service.run_due()[Duty.DELETION]
    assert (0, 1) == (run.done, run.failed)
    assert 1 == len(service.opened.store.backing_keys(REGION, key))
    assert 1 == service.run_due()[Duty.DELETION].done


def test_imported_material_is_erased_when_it_expires_and_the_key_waits_for_it_to_be_imported_again(service, clock):
    key = imported_key(service, valid_to=clock.now() + DAY)
    blob = encrypt(service, key)
    forms = list(wrapped_forms(service, key))
    material = stored(service, key).current_material_id
    clock.advance(DAY - 1)
    assert 0 == service.run_due()[Duty.IMPORT_EXPIRY].done
    clock.advance(1)
    service.entries()
    assert 1 == service.run_due()[Duty.IMPORT_EXPIRY].done
    assert 0 == service.run_due()[Duty.IMPORT_EXPIRY].done
    assert KeyState.PENDING_IMPORT is stored(service, key).state
    assert "KMSInvalidStateException" == decrypt(service, blob).type
    assert [] == [form for form in forms if form in on_disk(service)]
    (event,) = named(service.entries(), "DeleteExpiredKeyMaterial")
    assert {"keyId": key, "keyMaterialId": material} == event["serviceEventDetails"]
    assert "AwsServiceEvent" == event["eventType"]
    (entry,) = rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert ("PENDING_IMPORT", "first", material) == (
        entry["ImportState"],
        entry["KeyMaterialDescription"],
        entry["KeyMaterialId"],
    )


def test_material_that_awaits_its_rotation_expires_and_leaves_the_key_usable(service, clock):
    key = imported_key(service, awaits=clock.now() + DAY)
    assert 2 == len(service.opened.store.backing_keys(REGION, key))
    clock.advance(DAY)
    assert 1 == service.run_due()[Duty.IMPORT_EXPIRY].done
    assert 1 == len(service.opened.store.backing_keys(REGION, key))
    assert KeyState.ENABLED is stored(service, key).state


def test_wrapping_keys_are_erased_once_nothing_can_be_imported_with_them_any_more(service, clock):
    key = imported_key(service)
    wrapping = WrappingKey(
        account=ACCOUNT, region=REGION, key_id=key, nonce="a", expires=clock.now() + DAY, sealed=b"sealed half" * 9
    )
    with service.opened.store.change() as change:
        change.put_wrapping_key(wrapping)
    service.run_due()
    assert wrapping == service.opened.store.wrapping_key(REGION, key, "a")
    clock.advance(DAY)
    service.run_due()
    assert service.opened.store.wrapping_key(REGION, key, "a") is None
    assert base64.b64encode(wrapping.sealed) not in on_disk(service)
