"""Importing into a multi-Region set: new material begins with the primary, every Region brings it, the primary rotates.

Source: KMS API Reference, "ImportKeyMaterial", "DeleteImportedKeyMaterial", "RotationsListEntry"; KMS Developer Guide,
"Importing key material into multi-Region keys".
"""

import pytest

from tests.keyservice.operations.cases import MAC, encoded
from tests.keyservice.operations.importing import import_into, wrapped_for
from tests.keyservice.operations.related import THIRD, arn_of, described, primary_of, refusal, replicate
from tests.live import OTHER_REGION, REGION

ONE, TWO = b"1" * 32, b"2" * 32


def bring(service, key, material, region=REGION, **members):
    """Import material in a Region; it never expires."""
    return import_into(service, key, material, region=region, **members)


def materials(service, key, region):
    """Material ids, and what each is and whether it is there, in a Region."""
    given = {"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}
    listed = service.call("ListKeyRotations", given, region=region).json["Rotations"]
    return [(one["KeyMaterialId"], one["KeyMaterialState"], one["ImportState"]) for one in listed]


def states(service, key):
    return [described(service, key, region)["KeyState"] for region in (REGION, OTHER_REGION)]


def moves(service, key):
    """Whether what the primary encrypts opens in the other Region, and the other way round."""
    for here, there in ((REGION, OTHER_REGION), (OTHER_REGION, REGION)):
        blob = service.call("Encrypt", {"KeyId": key, "Plaintext": "AA=="}, region=here).json["CiphertextBlob"]
        if service.call("Decrypt", {"CiphertextBlob": blob}, region=there).status != 200:
            return False
    return True


@pytest.fixture
def key(service):
    """A primary key with its first material, and a replica that has none yet."""
    made = primary_of(service, Origin="EXTERNAL")
    assert 200 == bring(service, made, ONE).status
    answer = replicate(service, made)
    assert "Creating" == answer["ReplicaKeyMetadata"]["KeyState"]
    return made


def test_a_primary_without_its_material_is_not_replicated(service):
    key = primary_of(service, Origin="EXTERNAL")
    answer = service.call("ReplicateKey", {"KeyId": key, "ReplicaRegion": OTHER_REGION})
    assert ("KMSInvalidStateException", f"{arn_of(key, REGION)} is pending import.") == refusal(answer)


def test_a_replica_waits_for_the_primarys_material_and_takes_no_other(service, key):
    assert ["Enabled", "PendingImport"] == states(service, key)
    for members in ({}, {"ImportType": "EXISTING_KEY_MATERIAL"}):
        assert "IncorrectKeyMaterialException" == bring(service, key, TWO, OTHER_REGION, **members).type
    answer = bring(service, key, ONE, OTHER_REGION, ImportType="EXISTING_KEY_MATERIAL")
    assert arn_of(key, OTHER_REGION) == answer.json["KeyId"]
    assert described(service, key)["CurrentKeyMaterialId"] == answer.json["KeyMaterialId"]
    assert ["Enabled", "Enabled"] == states(service, key)
    assert moves(service, key)


def test_new_material_does_not_begin_with_a_replica(service, key):
    bring(service, key, ONE, OTHER_REGION)
    answer = bring(service, key, TWO, OTHER_REGION, ImportType="NEW_KEY_MATERIAL")
    assert "UnsupportedOperationException" == answer.type


def test_a_hmac_key_is_one_in_both_regions_once_both_have_its_material(service):
    key = primary_of(service, Origin="EXTERNAL", **MAC)
    bring(service, key, ONE)
    replicate(service, key)
    assert 200 == bring(service, key, ONE, OTHER_REGION).status
    given = {"KeyId": key, "Message": encoded(b"text"), "MacAlgorithm": "HMAC_SHA_256"}
    assert 1 == len({service.call("GenerateMac", given, region=at).json["Mac"] for at in (REGION, OTHER_REGION)})


def test_new_material_awaits_every_region_before_the_primary_rotates_all(service, key):
    bring(service, key, ONE, OTHER_REGION)
    old = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"old")}).json["CiphertextBlob"]
    first = described(service, key)["CurrentKeyMaterialId"]
    service.entries()
    second = bring(service, key, TWO, ImportType="NEW_KEY_MATERIAL").json["KeyMaterialId"]
    names = [entry["event"]["eventName"] for entry in service.entries()]
    assert "SynchronizeMultiRegionKey" in names
    awaited = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    assert [(first, "CURRENT", "IMPORTED"), (second, awaited, "IMPORTED")] == materials(service, key, REGION)
    assert [(first, "CURRENT", "IMPORTED"), (second, awaited, "PENDING_IMPORT")] == materials(
        service, key, OTHER_REGION
    )
    assert ["Enabled", "Enabled"] == states(service, key)
    assert 200 != service.call("RotateKeyOnDemand", {"KeyId": key}).status
    assert 200 == bring(service, key, TWO, OTHER_REGION, ImportType="EXISTING_KEY_MATERIAL").status
    for region in (REGION, OTHER_REGION):
        assert (second, "PENDING_ROTATION", "IMPORTED") == materials(service, key, region)[1]
    assert 200 == service.call("RotateKeyOnDemand", {"KeyId": key}).status
    for region in (REGION, OTHER_REGION):
        found = [(material, state) for material, state, _ in materials(service, key, region)]
        assert [(first, "NON_CURRENT"), (second, "CURRENT")] == found
        assert second == described(service, key, region)["CurrentKeyMaterialId"]
        opened = service.call("Decrypt", {"CiphertextBlob": old}, region=region).json
        assert (encoded(b"old"), first) == (opened["Plaintext"], opened["KeyMaterialId"])
    assert moves(service, key)


def test_a_new_replica_needs_every_material_of_its_set(service, key):
    bring(service, key, ONE, OTHER_REGION)
    bring(service, key, TWO, ImportType="NEW_KEY_MATERIAL")
    bring(service, key, TWO, OTHER_REGION)
    service.call("RotateKeyOnDemand", {"KeyId": key})
    replicate(service, key, THIRD)
    for material, expected in ((TWO, "PendingImport"), (ONE, "Enabled")):
        assert 200 == bring(service, key, material, THIRD).status
        assert expected == described(service, key, THIRD)["KeyState"]


def test_what_a_replica_loses_is_its_own_loss(service, key):
    bring(service, key, ONE, OTHER_REGION)
    assert 200 == service.call("DeleteImportedKeyMaterial", {"KeyId": key}, region=OTHER_REGION).status
    assert ["Enabled", "PendingImport"] == states(service, key)
    bring(service, key, ONE, OTHER_REGION)
    assert 200 == service.call("DeleteImportedKeyMaterial", {"KeyId": key}).status
    assert ["PendingImport", "Enabled"] == states(service, key)
    bring(service, key, ONE)
    assert moves(service, key)


def test_material_that_the_primary_gives_up_before_its_rotation_goes_from_the_replicas_too(service, key):
    bring(service, key, ONE, OTHER_REGION)
    second = bring(service, key, TWO, ImportType="NEW_KEY_MATERIAL").json["KeyMaterialId"]
    bring(service, key, TWO, OTHER_REGION)
    gone = {"KeyId": key, "KeyMaterialId": second}
    assert 200 == service.call("DeleteImportedKeyMaterial", gone, region=OTHER_REGION).status
    awaited = (second, "PENDING_MULTI_REGION_IMPORT_AND_ROTATION", "PENDING_IMPORT")
    assert awaited == materials(service, key, OTHER_REGION)[1]
    bring(service, key, TWO, OTHER_REGION)
    assert 200 == service.call("DeleteImportedKeyMaterial", gone).status
    assert [1, 1] == [len(materials(service, key, region)) for region in (REGION, OTHER_REGION)]
    assert ["Enabled", "Enabled"] == states(service, key)
    assert 200 == bring(service, key, b"3" * 32, ImportType="NEW_KEY_MATERIAL").status


def test_the_import_token_of_one_region_imports_nowhere_else(service, key):
    given = {"KeyId": key, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", **wrapped_for(service, key, ONE)}
    assert "InvalidImportTokenException" == service.call("ImportKeyMaterial", given, region=OTHER_REGION).type


def test_the_primary_moves_with_imported_material(service, key):
    move = {"KeyId": key, "PrimaryRegion": OTHER_REGION}
    assert "KMSInvalidStateException" == service.call("UpdatePrimaryRegion", move).type
    bring(service, key, ONE, OTHER_REGION)
    assert 200 == service.call("UpdatePrimaryRegion", move).status
    assert 200 == bring(service, key, TWO, OTHER_REGION, ImportType="NEW_KEY_MATERIAL").status
    assert 200 == bring(service, key, TWO, REGION).status
    assert "UnsupportedOperationException" == service.call("RotateKeyOnDemand", {"KeyId": key}).type
    assert 200 == service.call("RotateKeyOnDemand", {"KeyId": key}, region=OTHER_REGION).status
    assert moves(service, key)
