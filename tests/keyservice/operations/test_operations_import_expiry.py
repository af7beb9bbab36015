"""Imported material that expires: when it may, what the key shows of it, and that nothing is used a moment longer."""

import pytest

from tests.keyservice.operations.cases import MAC, encoded
from tests.keyservice.operations.importing import MATERIAL, import_into, wrapped_for
from tests.keyservice.operations.related import primary_of, replicate
from tests.live import OTHER_REGION, REGION

DAY = 86_400.0
ONE, TWO = MATERIAL, b"2" * 32
NEW = {"ImportType": "NEW_KEY_MATERIAL"}


pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def key(service):
    return service.make_key(Origin="EXTERNAL")["KeyId"]


def described(service, key):
    return service.call("DescribeKey", {"KeyId": key}).json["KeyMetadata"]


def encrypt(service, key):
    return service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"text")})


def wrapped_of(service, key):
    return [backing.wrapped for backing in service.opened.store.backing_keys(REGION, key)]


MODEL_EXPIRES = {"ExpirationModel": "KEY_MATERIAL_EXPIRES"}
MODEL_STAYS = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
RANGE = "The validTo date must be in the future and at most 365 days from now"


@pytest.mark.parametrize(
    ("members", "ahead", "text"),
    [
        ({}, None, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"),
        (MODEL_EXPIRES, None, "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"),
        (MODEL_STAYS, DAY, "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE"),
        ({}, 0.0, RANGE),
        ({}, -1.0, RANGE),
        (MODEL_EXPIRES, 365 * DAY + 1, RANGE),
    ],
)
def test_model_and_date_go_together_and_the_date_is_at_most_365_days_ahead(service, key, clock, members, ahead, text):
    given = {} if ahead is None else {"ValidTo": clock.now() + ahead}
    answer = service.call("ImportKeyMaterial", {"KeyId": key, **wrapped_for(service, key, ONE), **members, **given})
    assert ("ValidationException", text) == (answer.type, answer.message)
    assert "PendingImport" == described(service, key)["KeyState"]


@pytest.mark.parametrize("ahead", [0.5, 1.0, 365 * DAY])
def test_every_date_up_to_365_days_ahead_is_good_and_shown(service, key, clock, ahead):
    assert 200 == import_into(service, key, ONE, valid_to=clock.now() + ahead).status
    shown = described(service, key)
    assert ("KEY_MATERIAL_EXPIRES", clock.now() + ahead) == (shown["ExpirationModel"], shown["ValidTo"])


def test_expired_material_is_not_used_though_nobody_has_erased_it_yet(service, key, clock):
    import_into(service, key, ONE, valid_to=clock.now() + DAY)
    blob = encrypt(service, key).json["CiphertextBlob"]
    clock.advance(DAY - 1)
    assert 200 == encrypt(service, key).status
    clock.advance(1)
    text = f"{described(service, key)['Arn']} is pending import."
    calls = {
        "Encrypt": {"KeyId": key, "Plaintext": "AA=="},
        "Decrypt": {"CiphertextBlob": blob},
        "ReEncrypt": {"CiphertextBlob": blob, "DestinationKeyId": service.make_key()["KeyId"]},
        "GenerateDataKey": {"KeyId": key, "KeySpec": "AES_256"},
        "EnableKey": {"KeyId": key},
        "DisableKey": {"KeyId": key},
        "RotateKeyOnDemand": {"KeyId": key},
        "CreateGrant": {"KeyId": key, "GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["Encrypt"]},
    }
    for operation, members in calls.items():
        answer = service.call(operation, members)
        assert (operation, "KMSInvalidStateException", text) == (operation, answer.type, answer.message)
    shown = described(service, key)
    assert ("PendingImport", False) == (shown["KeyState"], shown["Enabled"])
    assert b"" not in wrapped_of(service, key)


def test_what_else_is_done_with_an_expired_key_does_not_bring_it_back(service, key, clock):
    import_into(service, key, ONE, valid_to=clock.now() + DAY)
    clock.advance(DAY)
    service.call("TagResource", {"KeyId": key, "Tags": [{"TagKey": "a", "TagValue": "b"}]})
    service.call("UpdateKeyDescription", {"KeyId": key, "Description": "other words"})
    assert "KMSInvalidStateException" == encrypt(service, key).type
    service.run_due()
    assert ("PendingImport", [b""]) == (described(service, key)["KeyState"], wrapped_of(service, key))


@pytest.mark.parametrize("is_swept", [False, True])
def test_the_same_material_brings_an_expired_key_back_whether_it_was_erased_or_not(service, key, clock, is_swept):
    import_into(service, key, ONE, valid_to=clock.now() + DAY)
    blob = encrypt(service, key).json["CiphertextBlob"]
    clock.advance(DAY)
    if is_swept:
        service.run_due()
    assert "IncorrectKeyMaterialException" == import_into(service, key, TWO).type
    assert 200 == import_into(service, key, ONE).status
    assert "Enabled" == described(service, key)["KeyState"]
    assert 200 == service.call("Decrypt", {"CiphertextBlob": blob}).status
    clock.advance(366 * DAY)
    service.run_due()
    assert "Enabled" == described(service, key)["KeyState"]


def test_an_hmac_key_s_material_expires_too(service, clock):
    key = service.make_key(Origin="EXTERNAL", **MAC)["KeyId"]
    import_into(service, key, bytes(32), valid_to=clock.now() + DAY)
    clock.advance(DAY)
    given = {"KeyId": key, "Message": "AA==", "MacAlgorithm": "HMAC_SHA_256"}
    assert "KMSInvalidStateException" == service.call("GenerateMac", given).type


def test_the_first_of_several_materials_to_expire_stops_the_key(service, key, clock):
    import_into(service, key, ONE, valid_to=clock.now() + 2 * DAY)
    import_into(service, key, TWO, valid_to=clock.now() + DAY, **NEW)
    assert clock.now() + 2 * DAY == described(service, key)["ValidTo"]
    service.call("RotateKeyOnDemand", {"KeyId": key})
    assert clock.now() + DAY == described(service, key)["ValidTo"]
    clock.advance(DAY)
    assert "KMSInvalidStateException" == encrypt(service, key).type
    import_into(service, key, TWO)
    assert 200 == encrypt(service, key).status
    assert clock.now() + DAY == described(service, key)["ValidTo"]


def test_expired_material_that_awaited_its_rotation_is_given_up(service, key, clock):
    import_into(service, key, ONE)
    import_into(service, key, TWO, valid_to=clock.now() + DAY, **NEW)
    clock.advance(DAY)
    assert "KMSInvalidStateException" == service.call("RotateKeyOnDemand", {"KeyId": key}).type
    assert "IncorrectKeyMaterialException" == import_into(service, key, TWO, ImportType="EXISTING_KEY_MATERIAL").type
    assert 200 == import_into(service, key, TWO, **NEW).status
    assert 200 == service.call("RotateKeyOnDemand", {"KeyId": key}).status
    assert 200 == encrypt(service, key).status


def test_the_list_of_materials_shows_what_has_expired_as_gone(service, key, clock):
    import_into(service, key, ONE, valid_to=clock.now() + DAY)
    given = {"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}

    def shown():
        (entry,) = service.call("ListKeyRotations", given).json["Rotations"]
        return entry["ImportState"], entry.get("ExpirationModel"), entry.get("ValidTo")

    assert ("IMPORTED", "KEY_MATERIAL_EXPIRES", clock.now() + DAY) == shown()
    clock.advance(DAY)
    assert ("PENDING_IMPORT", None, None) == shown()
    service.run_due()
    assert ("PENDING_IMPORT", None, None) == shown()


def test_a_set_does_not_rotate_to_material_that_has_expired_in_one_of_its_regions(service, clock):
    key = primary_of(service, Origin="EXTERNAL")
    import_into(service, key, ONE)
    replicate(service, key)
    import_into(service, key, ONE, region=OTHER_REGION)
    import_into(service, key, TWO, **NEW)
    import_into(service, key, TWO, region=OTHER_REGION, valid_to=clock.now() + DAY)
    clock.advance(DAY)
    assert "KMSInvalidStateException" == service.call("RotateKeyOnDemand", {"KeyId": key}).type
    import_into(service, key, TWO, region=OTHER_REGION)
    assert 200 == service.call("RotateKeyOnDemand", {"KeyId": key}).status


def test_the_trail_tells_of_material_that_was_found_expired(service, key, clock):
    import_into(service, key, ONE, valid_to=clock.now() + DAY)
    shown = described(service, key)
    clock.advance(DAY)
    members = {"KeyId": key, **MODEL_STAYS, **wrapped_for(service, key, ONE)}
    service.entries()
    assert 200 == service.call("ImportKeyMaterial", members).status
    events = [entry["event"] for entry in service.entries()]
    assert ["ImportKeyMaterial", "DeleteExpiredKeyMaterial"] == [event["eventName"] for event in events]
    details = {"keyId": key, "keyMaterialId": shown["CurrentKeyMaterialId"]}
    expired = events[-1]
    assert (details, "AwsServiceEvent") == (expired["serviceEventDetails"], expired["eventType"])


def test_deleting_expired_material_says_that_it_had_expired(service, key, clock):
    import_into(service, key, ONE, valid_to=clock.now() + DAY)
    clock.advance(DAY)
    service.entries()
    assert 200 == service.call("DeleteImportedKeyMaterial", {"KeyId": key}).status
    names = [entry["event"]["eventName"] for entry in service.entries()]
    assert ["DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial"] == names
    assert [b""] == wrapped_of(service, key)
