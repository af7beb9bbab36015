"""ImportKeyMaterial and DeleteImportedKeyMaterial: what may be imported into what, and what becomes of the key."""

import asyncio
import base64
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from keyservice.crypto.import_wrapping import WRAPPING_ALGORITHMS
from keyservice.crypto.specs import KEY_SPECS
from keyservice.keystore.software import SoftwareKeyStore
from tests.keyservice.operations.cases import MAC, SIGNING, encoded
from tests.keyservice.operations.importing import MATERIAL, OAEP, import_into, wrapped_for
from tests.live import ACCOUNT, REGION

ONE, TWO, THREE = MATERIAL, b"2" * 32, b"3" * 32
NEW, EXISTING = {"ImportType": "NEW_KEY_MATERIAL"}, {"ImportType": "EXISTING_KEY_MATERIAL"}
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
HYBRID = {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256"}


@pytest.fixture
def key(service):
    """A symmetric key that waits for its first material."""
    return service.make_key(Origin="EXTERNAL")["KeyId"]


@pytest.fixture
def filled(service, key):
    """The same, with material."""
    assert 200 == import_into(service, key, ONE).status
    return key


def described(service, key):
    return service.call("DescribeKey", {"KeyId": key}).json["KeyMetadata"]


def state(service, key):
    return described(service, key)["KeyState"]


def materials(service, key):
    """Of each material: its id, what it is, and whether it is there."""
    given = {"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}
    listed = service.call("ListKeyRotations", given).json["Rotations"]
    return [(one["KeyMaterialId"], one["KeyMaterialState"], one["ImportState"]) for one in listed]


def encrypt(service, key):
    return service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"text")})


def decrypts(service, blob):
    return service.call("Decrypt", {"CiphertextBlob": blob})


def records(service, key):
    return service.opened.store.backing_keys(REGION, key)


def pkcs8(private):
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


# The key before, with and without its material.


def test_a_key_made_for_imports_has_no_material_and_waits(service):
    made = service.make_key(Origin="EXTERNAL")
    assert ("EXTERNAL", "PendingImport", False) == (made["Origin"], made["KeyState"], made["Enabled"])
    assert {"CurrentKeyMaterialId", "ExpirationModel", "ValidTo"}.isdisjoint(made)
    assert made == described(service, made["KeyId"])
    assert [] == list(records(service, made["KeyId"]))
    answer = encrypt(service, made["KeyId"])
    assert ("KMSInvalidStateException", f"{made['Arn']} is pending import.") == (answer.type, answer.message)


def test_the_first_material_makes_the_key_usable(service, key):
    answer = import_into(service, key, ONE)
    assert {"KeyId", "KeyMaterialId"} == set(answer.json)
    shown = described(service, key)
    assert (shown["Arn"], shown["CurrentKeyMaterialId"]) == (answer.json["KeyId"], answer.json["KeyMaterialId"])
    assert ("Enabled", True, "KEY_MATERIAL_DOES_NOT_EXPIRE") == (
        shown["KeyState"],
        shown["Enabled"],
        shown["ExpirationModel"],
    )
    assert "ValidTo" not in shown
    opened = decrypts(service, encrypt(service, key).json["CiphertextBlob"]).json
    assert (encoded(b"text"), answer.json["KeyMaterialId"]) == (opened["Plaintext"], opened["KeyMaterialId"])


@pytest.mark.parametrize("spec", [name for name, row in KEY_SPECS.items() if not row.is_importable])
def test_specs_whose_material_cannot_be_imported_make_no_such_key(service, spec):
    usage = min(KEY_SPECS[spec].usages)
    answer = service.call("CreateKey", {"Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage})
    text = f"KeySpec {spec} is not supported for origin EXTERNAL."
    assert ("UnsupportedOperationException", text) == (answer.type, answer.message)


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
@pytest.mark.parametrize("bits", [2048, 4096])
def test_every_wrapping_carries_the_same_material(service, key, algorithm, bits):
    how = {"WrappingAlgorithm": algorithm, "WrappingKeySpec": f"RSA_{bits}"}
    first = import_into(service, key, ONE).json["KeyMaterialId"]
    assert first == import_into(service, key, ONE, how=how).json["KeyMaterialId"]


def test_equal_material_of_two_keys_has_two_ids_and_opens_nothing_of_the_other(service, filled):
    other = service.make_key(Origin="EXTERNAL")["KeyId"]
    import_into(service, other, ONE)
    assert described(service, filled)["CurrentKeyMaterialId"] != described(service, other)["CurrentKeyMaterialId"]
    blob = encrypt(service, filled).json["CiphertextBlob"]
    assert "IncorrectKeyException" == service.call("Decrypt", {"CiphertextBlob": blob, "KeyId": other}).type


@pytest.mark.parametrize("material", [b"x", bytes(16), bytes(31), bytes(33)])
def test_material_of_a_wrong_length_is_refused_and_the_key_still_waits(service, key, material):
    answer = import_into(service, key, material)
    text = "The key material is not valid for key spec SYMMETRIC_DEFAULT."
    assert ("IncorrectKeyMaterialException", text) == (answer.type, answer.message)
    assert "PendingImport" == state(service, key)


# Other kinds of keys.


@pytest.mark.parametrize(
    ("spec", "curve", "algorithm"),
    [
        ("ECC_NIST_P256", ec.SECP256R1(), "ECDSA_SHA_256"),
        ("ECC_NIST_P384", ec.SECP384R1(), "ECDSA_SHA_384"),
        ("ECC_NIST_P521", ec.SECP521R1(), "ECDSA_SHA_512"),
        ("ECC_SECG_P256K1", ec.SECP256K1(), "ECDSA_SHA_256"),
    ],
)
def test_an_elliptic_curve_key_signs_with_the_customers_private_key(service, spec, curve, algorithm):
    private = ec.generate_private_key(curve)
    key = service.make_key(Origin="EXTERNAL", KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyId"]
    how = HYBRID if spec == "ECC_NIST_P521" else OAEP
    answer = import_into(service, key, pkcs8(private), how=how)
    assert {"KeyId"} == set(answer.json)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert encoded(public) == service.call("GetPublicKey", {"KeyId": key}).json["PublicKey"]
    given = {"KeyId": key, "Message": encoded(b"text"), "SigningAlgorithm": algorithm}
    signature = service.call("Sign", given).json["Signature"]
    assert service.call("Verify", {**given, "Signature": signature}).json["SignatureValid"]


def test_a_key_agreement_key_takes_a_private_key(service):
    private = ec.generate_private_key(ec.SECP256R1())
    key = service.make_key(Origin="EXTERNAL", KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyId"]
    assert 200 == import_into(service, key, pkcs8(private)).status
    peer = ec.generate_private_key(ec.SECP256R1())
    public = peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    given = {"KeyId": key, "KeyAgreementAlgorithm": "ECDH", "PublicKey": encoded(public)}
    shared = peer.exchange(ec.ECDH(), private.public_key())
    assert encoded(shared) == service.call("DeriveSharedSecret", given).json["SharedSecret"]


@pytest.mark.parametrize("usage", ["SIGN_VERIFY", "ENCRYPT_DECRYPT"])
def test_an_rsa_key_takes_a_private_key_of_its_size(service, usage):
    key = service.make_key(Origin="EXTERNAL", KeySpec="RSA_2048", KeyUsage=usage)["KeyId"]
    private, other = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 3072)
    assert "IncorrectKeyMaterialException" == import_into(service, key, pkcs8(other), how=HYBRID).type
    assert 200 == import_into(service, key, pkcs8(private), how=HYBRID).status
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert encoded(public) == service.call("GetPublicKey", {"KeyId": key}).json["PublicKey"]


@pytest.mark.parametrize("length", [32, 64, 128])
def test_an_hmac_key_makes_the_macs_that_its_customer_makes(service, length):
    key = service.make_key(Origin="EXTERNAL", **MAC)["KeyId"]
    assert 200 == import_into(service, key, bytes(length)).status
    given = {"KeyId": key, "Message": encoded(b"text"), "MacAlgorithm": "HMAC_SHA_256"}
    expected = hmac.digest(bytes(length), b"text", "sha256")
    assert encoded(expected) == service.call("GenerateMac", given).json["Mac"]


@pytest.mark.parametrize(
    ("kind", "material"), [(MAC, bytes(32)), (SIGNING, pkcs8(ec.generate_private_key(ec.SECP256R1())))]
)
def test_other_keys_have_one_material_for_ever_and_no_word_for_another(service, kind, material):
    key = service.make_key(Origin="EXTERNAL", **kind)["KeyId"]
    for members in (NEW, EXISTING, {"KeyMaterialId": "0" * 64}, {"KeyMaterialDescription": "mine"}):
        answer = import_into(service, key, material, **members)
        text = f"{next(iter(members))} is not supported for KMS keys with KeySpec {kind['KeySpec']}"
        assert ("ValidationException", text) == (answer.type, answer.message)
    assert 200 == import_into(service, key, material).status
    other = bytes(40) if kind is MAC else pkcs8(ec.generate_private_key(ec.SECP256R1()))
    assert "IncorrectKeyMaterialException" == import_into(service, key, other).type
    assert {"KeyId"} == set(service.call("DeleteImportedKeyMaterial", {"KeyId": key}).json)
    assert "PendingImport" == state(service, key)
    assert "IncorrectKeyMaterialException" == import_into(service, key, other).type
    assert 200 == import_into(service, key, material).status
    assert "Enabled" == state(service, key)


# The same material again.


def test_deleted_material_is_gone_and_the_same_brings_everything_back(service, filled):
    blob = encrypt(service, filled).json["CiphertextBlob"]
    before = described(service, filled)
    answer = service.call("DeleteImportedKeyMaterial", {"KeyId": filled})
    assert {"KeyId": before["Arn"], "KeyMaterialId": before["CurrentKeyMaterialId"]} == answer.json
    assert [b""] == [backing.wrapped for backing in records(service, filled)]
    shown = described(service, filled)
    assert ("PendingImport", before["CurrentKeyMaterialId"]) == (shown["KeyState"], shown["CurrentKeyMaterialId"])
    assert "ExpirationModel" not in shown
    for refused in (encrypt(service, filled), decrypts(service, blob)):
        assert ("KMSInvalidStateException", f"{before['Arn']} is pending import.") == (refused.type, refused.message)
    assert import_into(service, filled, ONE).json == answer.json
    assert before == described(service, filled)
    assert encoded(b"text") == decrypts(service, blob).json["Plaintext"]


def test_other_material_is_refused_after_a_deletion_and_before(service, filled):
    for members in ({}, EXISTING):
        answer = import_into(service, filled, TWO, **members)
        text = "The key material was not previously imported into the KMS key."
        assert ("IncorrectKeyMaterialException", text) == (answer.type, answer.message)
    service.call("DeleteImportedKeyMaterial", {"KeyId": filled})
    assert "IncorrectKeyMaterialException" == import_into(service, filled, TWO).type
    assert "PendingImport" == state(service, filled)


def test_a_reimport_changes_expiry_and_description_and_keeps_what_it_does_not_name(service, filled):
    later = service.opened.clock.now() + 1000.0
    import_into(service, filled, ONE, valid_to=later, KeyMaterialDescription="from the vault")
    shown = described(service, filled)
    assert ("KEY_MATERIAL_EXPIRES", later) == (shown["ExpirationModel"], shown["ValidTo"])
    import_into(service, filled, ONE)
    assert "KEY_MATERIAL_DOES_NOT_EXPIRE" == described(service, filled)["ExpirationModel"]
    given = {"KeyId": filled, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}
    (listed,) = service.call("ListKeyRotations", given).json["Rotations"]
    assert "from the vault" == listed["KeyMaterialDescription"]


def test_a_key_material_id_must_be_that_of_the_material_and_known(service, filled):
    known = described(service, filled)["CurrentKeyMaterialId"]
    assert 200 == import_into(service, filled, ONE, KeyMaterialId=known).status
    assert 200 == import_into(service, filled, ONE, KeyMaterialId=known, **EXISTING).status
    answer = import_into(service, filled, ONE, KeyMaterialId="0" * 64)
    text = "The key material does not match the KeyMaterialId in the request."
    assert ("IncorrectKeyMaterialException", text) == (answer.type, answer.message)
    both = import_into(service, filled, TWO, KeyMaterialId=known, **NEW)
    text = "KeyMaterialId must not be specified if the ImportType is NEW_KEY_MATERIAL"
    assert ("ValidationException", text) == (both.type, both.message)


def test_existing_material_is_none_of_a_key_that_has_had_none(service, key):
    assert "IncorrectKeyMaterialException" == import_into(service, key, ONE, **EXISTING).type
    assert 200 == import_into(service, key, ONE, **NEW).status


def test_a_disabled_key_stays_so_while_its_material_is_there(service, filled):
    service.call("DisableKey", {"KeyId": filled})
    import_into(service, filled, ONE)
    assert "Disabled" == state(service, filled)
    service.call("DeleteImportedKeyMaterial", {"KeyId": filled})
    assert "PendingImport" == state(service, filled)
    assert "KMSInvalidStateException" == service.call("EnableKey", {"KeyId": filled}).type
    import_into(service, filled, ONE)
    assert "Enabled" == state(service, filled)


def test_a_key_that_is_to_be_deleted_loses_its_material_and_gets_none(service, filled):
    service.call("ScheduleKeyDeletion", {"KeyId": filled})
    arn = described(service, filled)["Arn"]
    for operation, members in (
        ("GetParametersForImport", OAEP),
        ("ImportKeyMaterial", {"ImportToken": "AAAA", "EncryptedKeyMaterial": "AAAA", **FOREVER}),
    ):
        answer = service.call(operation, {"KeyId": filled, **members})
        assert ("KMSInvalidStateException", f"{arn} is pending deletion.") == (answer.type, answer.message)
    assert 200 == service.call("DeleteImportedKeyMaterial", {"KeyId": filled}).status
    assert "PendingDeletion" == state(service, filled)
    service.call("CancelKeyDeletion", {"KeyId": filled})
    assert "PendingImport" == state(service, filled)
    import_into(service, filled, ONE)
    assert "Enabled" == state(service, filled)


def test_a_cancelled_deletion_leaves_a_key_with_its_material_disabled(service, filled):
    service.call("ScheduleKeyDeletion", {"KeyId": filled})
    service.call("CancelKeyDeletion", {"KeyId": filled})
    assert "Disabled" == state(service, filled)


def test_deleting_what_is_not_there_has_no_effect(service, key):
    answer = service.call("DeleteImportedKeyMaterial", {"KeyId": key})
    assert (200, {"KeyId"}) == (answer.status, set(answer.json))
    import_into(service, key, ONE)
    first, second = (service.call("DeleteImportedKeyMaterial", {"KeyId": key}).json for _ in range(2))
    assert first == second
    assert "PendingImport" == state(service, key)
    unknown = service.call("DeleteImportedKeyMaterial", {"KeyId": key, "KeyMaterialId": "0" * 64})
    assert "NotFoundException" == unknown.type


def test_automatic_rotation_is_not_for_imported_material(service, filled):
    text = f"{described(service, filled)['Arn']} origin is EXTERNAL which is not valid for this operation."
    for operation in ("EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus"):
        answer = service.call(operation, {"KeyId": filled})
        assert ("UnsupportedOperationException", text) == (answer.type, answer.message)


# Several materials.


@pytest.fixture
def rotated(service, filled):
    """A key with two materials, the second of which is current; and a ciphertext under the first."""
    blob = encrypt(service, filled).json["CiphertextBlob"]
    assert 200 == import_into(service, filled, TWO, **NEW).status
    assert 200 == service.call("RotateKeyOnDemand", {"KeyId": filled}).status
    return filled, blob


def test_new_material_awaits_its_rotation_and_then_encrypts(service, filled):
    first = described(service, filled)["CurrentKeyMaterialId"]
    old = encrypt(service, filled).json["CiphertextBlob"]
    second = import_into(service, filled, TWO, **NEW).json["KeyMaterialId"]
    assert [(first, "CURRENT", "IMPORTED"), (second, "PENDING_ROTATION", "IMPORTED")] == materials(service, filled)
    assert first == described(service, filled)["CurrentKeyMaterialId"]
    assert first == decrypts(service, encrypt(service, filled).json["CiphertextBlob"]).json["KeyMaterialId"]
    service.call("RotateKeyOnDemand", {"KeyId": filled})
    assert [(first, "NON_CURRENT", "IMPORTED"), (second, "CURRENT", "IMPORTED")] == materials(service, filled)
    for blob, expected in ((old, first), (encrypt(service, filled).json["CiphertextBlob"], second)):
        assert expected == decrypts(service, blob).json["KeyMaterialId"]


def test_a_key_has_one_material_at_most_that_awaits_its_rotation(service, filled):
    second = import_into(service, filled, TWO, **NEW).json["KeyMaterialId"]
    answer = import_into(service, filled, THREE, **NEW)
    text = f"{described(service, filled)['Arn']} already has key material that is pending rotation."
    assert ("KMSInvalidStateException", text) == (answer.type, answer.message)
    service.call("DeleteImportedKeyMaterial", {"KeyId": filled, "KeyMaterialId": second})
    assert "Enabled" == state(service, filled)
    assert 1 == len(materials(service, filled))
    assert 200 == import_into(service, filled, THREE, **NEW).status


def test_material_that_awaits_its_rotation_can_be_imported_again(service, filled):
    second = import_into(service, filled, TWO, **NEW).json["KeyMaterialId"]
    later = service.opened.clock.now() + 1000.0
    assert second == import_into(service, filled, TWO, valid_to=later, **EXISTING).json["KeyMaterialId"]
    assert "PENDING_ROTATION" == materials(service, filled)[1][1]
    assert "ValidTo" not in described(service, filled)


def test_material_that_the_key_has_is_not_new(service, rotated):
    key, _ = rotated
    for material in (ONE, TWO):
        answer = import_into(service, key, material, **NEW)
        text = "The key material is already associated with the KMS key."
        assert ("IncorrectKeyMaterialException", text) == (answer.type, answer.message)


@pytest.mark.parametrize("which", [0, 1])
def test_a_key_is_usable_only_while_every_one_of_its_materials_is_there(service, rotated, which):
    key, blob = rotated
    lost = materials(service, key)[which][0]
    deleted = service.call("DeleteImportedKeyMaterial", {"KeyId": key, "KeyMaterialId": lost})
    assert lost == deleted.json["KeyMaterialId"]
    assert ["IMPORTED", "PENDING_IMPORT"] == sorted(each[2] for each in materials(service, key))
    assert "PendingImport" == state(service, key)
    assert {"KMSInvalidStateException"} == {encrypt(service, key).type, decrypts(service, blob).type}
    assert 200 == import_into(service, key, (ONE, TWO)[which]).status
    assert "Enabled" == state(service, key)
    assert encoded(b"text") == decrypts(service, blob).json["Plaintext"]


def test_a_key_that_lost_both_materials_needs_both(service, rotated):
    key, _ = rotated
    for material_id, _, _ in materials(service, key):
        service.call("DeleteImportedKeyMaterial", {"KeyId": key, "KeyMaterialId": material_id})
    import_into(service, key, TWO)
    assert "PendingImport" == state(service, key)
    import_into(service, key, ONE)
    assert "Enabled" == state(service, key)


def test_without_an_id_it_is_the_current_material_that_is_deleted(service, rotated):
    key, _ = rotated
    current = described(service, key)["CurrentKeyMaterialId"]
    assert current == service.call("DeleteImportedKeyMaterial", {"KeyId": key}).json["KeyMaterialId"]


# One after the other, and no longer than it is there.


def test_of_two_imports_at_once_with_one_token_one_succeeds(service, key, monkeypatch):
    members = {"KeyId": key, **FOREVER, **wrapped_for(service, key, ONE)}
    signed = []
    with monkeypatch.context() as held:
        held.setattr(service, "send", lambda body, headers, **_: signed.append((body, headers)))
        for _ in range(4):
            service.call("ImportKeyMaterial", members)

    async def all_at_once():
        return await asyncio.gather(*(service.sent(*request) for request in signed))

    answers = service.loop.run_until_complete(all_at_once())
    assert [200, 400, 400, 400] == sorted(answer.status for answer in answers)
    assert {None, "InvalidImportTokenException"} == {answer.type for answer in answers}
    assert 1 == len(records(service, key))


def test_the_key_store_forgets_material_that_was_deleted_or_replaced(service, filled, monkeypatch):
    forgotten = []
    forget = SoftwareKeyStore.forget
    monkeypatch.setattr(
        SoftwareKeyStore, "forget", lambda store, gone: forgotten.extend(gone) or forget(store, forgotten)
    )
    before = list(records(service, filled))
    import_into(service, filled, ONE)
    assert before == forgotten
    again = list(records(service, filled))
    service.call("DeleteImportedKeyMaterial", {"KeyId": filled})
    assert before + again == forgotten


# Policies and the trail.


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES"}}, True),
        ({"StringEquals": {"kms:ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}}, False),
        ({"NumericLessThan": {"kms:ValidTo": "99999999999"}}, True),
        ({"DateLessThan": {"kms:ValidTo": "2000-01-01T00:00:00Z"}}, False),
        ({"Null": {"kms:ValidTo": "true"}}, False),
        ({"StringEquals": {"kms:KeyOrigin": "EXTERNAL"}}, True),
    ],
)
def test_a_key_policy_decides_on_the_expiry(service, condition, allowed):
    everybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    statements = [
        {**everybody, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"},
            "Action": "kms:ImportKeyMaterial",
            "Resource": "*",
            "Condition": condition,
        },
    ]
    key = service.make_key({"Version": "2012-10-17", "Statement": statements}, Origin="EXTERNAL")["KeyId"]
    members = {"KeyId": key, **wrapped_for(service, key, ONE), "ValidTo": service.opened.clock.now() + 1000}
    answer = service.call("ImportKeyMaterial", members, user="alice")
    assert (None if allowed else "AccessDeniedException") == answer.type


def test_the_trail_shows_what_was_imported_and_neither_token_nor_material(service, key):
    given = wrapped_for(service, key, ONE)
    service.entries()
    later = service.opened.clock.now() + 1000.0
    members = {"KeyId": key, **given, "ValidTo": later, **NEW, "KeyMaterialDescription": "a"}
    answer = service.call("ImportKeyMaterial", members)
    deleted = service.call("DeleteImportedKeyMaterial", {"KeyId": key})
    imported, erased = (entry["event"] for entry in service.entries())
    assert {
        "keyId": key,
        "validTo": later,
        "expirationModel": "KEY_MATERIAL_EXPIRES",
        "importType": "NEW_KEY_MATERIAL",
        "keyMaterialDescription": "a",
    } == imported["requestParameters"]
    shown = {"keyId": answer.json["KeyId"], "keyMaterialId": answer.json["KeyMaterialId"]}
    assert (shown, shown) == (imported["responseElements"], erased["responseElements"])
    assert answer.json == deleted.json
    assert not imported["readOnly"]
    assert "keyMaterialId" not in imported["additionalEventData"]
    for secret in (given["ImportToken"], given["EncryptedKeyMaterial"], encoded(ONE)):
        assert secret not in str(imported)


def test_the_plain_material_is_nowhere_on_the_disk(service, filled):
    files = [path for path in service.opened.directory.path.rglob("*") if path.is_file()]
    assert files
    for form in (ONE, ONE.hex().encode(), base64.b64encode(ONE)):
        assert [] == [path for path in files if form in path.read_bytes()]
