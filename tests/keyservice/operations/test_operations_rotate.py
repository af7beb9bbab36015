"""RotateKeyOnDemand and ListKeyRotations."""

import pytest

from keyservice.model.key import KeyState
from tests.keyservice.jobs.keys import DAY, decrypt, encrypt, imported_key, named, rotating_key, rotations, stored
from tests.keyservice.operations.cases import AGREEMENT, MAC, SIGNING, encoded
from tests.live import ACCOUNT, REGION

pytestmark = pytest.mark.usefixtures("clock")


def rotate(service, key, **how):
    return service.call("RotateKeyOnDemand", {"KeyId": key}, **how)


def material_of(service, key):
    return service.call("DescribeKey", {"KeyId": key}).json["KeyMetadata"]["CurrentKeyMaterialId"]


def test_on_demand_the_key_has_new_material_when_the_answer_is_there(service):
    key = service.make_key()["KeyId"]
    old, before = material_of(service, key), encrypt(service, key)
    assert {"KeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"} == rotate(service, key).json
    new, after = material_of(service, key), encrypt(service, key)
    assert old != new
    assert [old, new] == [decrypt(service, blob).json["KeyMaterialId"] for blob in (before, after)]
    made = service.call("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256"}).json
    assert new == made["KeyMaterialId"]


def test_reencrypt_takes_a_ciphertext_from_the_old_material_to_the_new(service):
    key = service.make_key()["KeyId"]
    old, blob = material_of(service, key), encrypt(service, key)
    rotate(service, key)
    answer = service.call("ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": key}).json
    assert (old, material_of(service, key)) == (answer["SourceKeyMaterialId"], answer["DestinationKeyMaterialId"])
    assert encoded(b"kept") == decrypt(service, answer["CiphertextBlob"]).json["Plaintext"]


def test_after_25_rotations_on_demand_there_are_no_more_of_them(service, clock):
    key = rotating_key(service, days=90)
    blob = encrypt(service, key)
    for _ in range(25):
        assert 200 == rotate(service, key).status
    refused = rotate(service, key)
    assert "LimitExceededException" == refused.type
    assert refused.message.endswith(f"for this key: arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}")
    clock.advance(90 * DAY)
    service.run_due()
    assert ["ON_DEMAND"] * 25 + ["AUTOMATIC"] == [entry["RotationType"] for entry in rotations(service, key)]
    assert 200 == decrypt(service, blob).status


def test_there_is_none_on_demand_shortly_before_an_automatic_rotation(service, clock):
    key = rotating_key(service, days=90)
    clock.advance(90 * DAY - 20 * 60 - 1)
    assert 200 == rotate(service, key).status
    clock.advance(1)
    refused = rotate(service, key)
    assert "ConflictException" == refused.type
    assert "scheduled to begin within the next 20 minutes" in refused.message
    clock.advance(20 * 60)
    service.run_due()
    assert 200 == rotate(service, key).status


@pytest.mark.parametrize("members", [SIGNING, MAC, AGREEMENT], ids=lambda members: members["KeySpec"])
@pytest.mark.parametrize("operation", ["RotateKeyOnDemand", "ListKeyRotations", "EnableKeyRotation"])
def test_asymmetric_and_hmac_keys_do_not_rotate(service, operation, members):
    key = service.make_key(**members)["KeyId"]
    assert "UnsupportedOperationException" == service.call(operation, {"KeyId": key}).type


def test_the_rotation_of_an_asymmetric_key_is_off(service):
    key = service.make_key(**SIGNING)["KeyId"]
    assert not service.call("GetKeyRotationStatus", {"KeyId": key}).json["KeyRotationEnabled"]


@pytest.mark.parametrize(
    ("before", "error", "words"),
    [
        ("DisableKey", "DisabledException", "is disabled."),
        ("ScheduleKeyDeletion", "KMSInvalidStateException", "is pending deletion."),
    ],
)
def test_a_key_that_cannot_be_used_does_not_rotate_on_demand_but_lists_its_materials(service, before, error, words):
    key = service.make_key()["KeyId"]
    service.call(before, {"KeyId": key})
    refused = rotate(service, key)
    assert (error, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key} {words}") == (refused.type, refused.message)
    assert 1 == len(rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL"))


@pytest.mark.parametrize("operation", ["EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus"])
def test_imported_material_has_no_schedule(service, operation):
    key = imported_key(service)
    refused = service.call(operation, {"KeyId": key})
    assert (
        "UnsupportedOperationException",
        f"{stored(service, key).arn} origin is EXTERNAL which is not valid for this operation.",
    ) == (refused.type, refused.message)


def test_imported_material_that_awaits_its_rotation_becomes_current(service, clock):
    key = imported_key(service, awaits=clock.now() + DAY)
    first, blob = material_of(service, key), encrypt(service, key)
    waiting = rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert ["CURRENT", "PENDING_ROTATION"] == [entry["KeyMaterialState"] for entry in waiting]
    assert not {"RotationDate", "RotationType"} & {name for entry in waiting for name in entry}
    service.entries()
    assert 200 == rotate(service, key).status
    (event,) = named(service.entries(), "RotateKey")
    second = material_of(service, key)
    assert {
        "rotationType": "ON_DEMAND",
        "keyOrigin": "EXTERNAL",
        "previousKeyMaterialId": first,
        "currentKeyMaterialId": second,
        "keyId": key,
    } == event["serviceEventDetails"]
    assert [first, second] == [decrypt(service, each).json["KeyMaterialId"] for each in (blob, encrypt(service, key))]
    assert waiting[1]["KeyMaterialId"] == second
    clock.advance(DAY)
    service.run_due()  # now it belongs to the key for good, so its expiry takes the key out of use
    assert KeyState.PENDING_IMPORT is stored(service, key).state


def test_without_material_that_awaits_it_an_imported_key_does_not_rotate(service):
    key = imported_key(service)
    refused = rotate(service, key)
    assert "KMSInvalidStateException" == refused.type
    assert refused.message.endswith(f"pending rotation for the key: {stored(service, key).arn}.")


def test_every_member_of_an_imported_material_is_listed(service, clock):
    key = imported_key(service, valid_to=clock.now() + DAY, awaits=clock.now() + 2 * DAY)
    rotate(service, key)
    first, second = rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert {
        "KeyId": key,
        "KeyMaterialId": first["KeyMaterialId"],
        "KeyMaterialState": "NON_CURRENT",
        "KeyMaterialDescription": "first",
        "ImportState": "IMPORTED",
        "ExpirationModel": "KEY_MATERIAL_EXPIRES",
        "ValidTo": clock.now() + DAY,
    } == first
    assert {
        "KeyId": key,
        "KeyMaterialId": material_of(service, key),
        "KeyMaterialState": "CURRENT",
        "ImportState": "IMPORTED",
        "ExpirationModel": "KEY_MATERIAL_EXPIRES",
        "ValidTo": clock.now() + 2 * DAY,
        "RotationDate": clock.now(),
        "RotationType": "ON_DEMAND",
    } == second
    assert [second] == rotations(service, key)


def test_what_belongs_to_imported_material_is_absent_of_any_other(service):
    key = service.make_key()["KeyId"]
    (entry,) = rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert {"KeyId": key, "KeyMaterialId": material_of(service, key), "KeyMaterialState": "CURRENT"} == entry
    assert [] == rotations(service, key) == rotations(service, key, IncludeKeyMaterial="ROTATIONS_ONLY")


def test_pages_follow_each_other_and_a_marker_is_good_for_its_own_list_alone(service, clock):
    key, other = service.make_key()["KeyId"], service.make_key()["KeyId"]
    for _ in range(6):
        clock.advance(60)
        rotate(service, key)
    members, marker, found = {"KeyId": key, "Limit": 4, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}, {}, []
    while True:
        page = service.call("ListKeyRotations", {**members, **marker}).json
        found += page["Rotations"]
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert rotations(service, key, IncludeKeyMaterial="ALL_KEY_MATERIAL") == found
    assert 7 == len(found)
    for wrong in ({**members, "KeyId": other}, {**members, "IncludeKeyMaterial": "ROTATIONS_ONLY"}):
        assert "InvalidMarkerException" == service.call("ListKeyRotations", {**wrong, **marker}).type


def test_the_status_of_a_key_that_rotates_says_how_often_and_when(service, clock):
    key = rotating_key(service, days=100)
    assert {
        "KeyRotationEnabled": True,
        "KeyId": stored(service, key).arn,
        "RotationPeriodInDays": 100,
        "NextRotationDate": clock.now() + 100 * DAY,
    } == service.call("GetKeyRotationStatus", {"KeyId": key}).json
    rotate(service, key)
    assert "OnDemandRotationStartDate" not in service.call("GetKeyRotationStatus", {"KeyId": key}).json
