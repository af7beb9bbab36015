"""DeriveSharedSecret, Encapsulate and Decapsulate."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests.keyservice.operations.cases import AGREEMENT, encoded

CURVES = {"ECC_NIST_P256": ec.SECP256R1(), "ECC_NIST_P384": ec.SECP384R1(), "ECC_NIST_P521": ec.SECP521R1()}


def spki(key):
    return encoded(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def derive(service, key, public, **more):
    members = {"KeyId": key["KeyId"], "KeyAgreementAlgorithm": "ECDH", "PublicKey": public, **more}
    return service.call("DeriveSharedSecret", members)


def public_of(service, key):
    return service.call("GetPublicKey", {"KeyId": key["KeyId"]}).json["PublicKey"]


@pytest.mark.parametrize("spec", CURVES)
def test_two_parties_derive_the_same_secret(service, spec):
    alice, bob = (service.make_key(KeySpec=spec, KeyUsage="KEY_AGREEMENT") for _ in range(2))
    told = derive(service, alice, public_of(service, bob)).json
    assert told["SharedSecret"] == derive(service, bob, public_of(service, alice)).json["SharedSecret"]
    assert (alice["Arn"], "ECDH", "AWS_KMS") == (told["KeyId"], told["KeyAgreementAlgorithm"], told["KeyOrigin"])


@pytest.mark.parametrize("spec", CURVES)
def test_the_secret_is_the_raw_one_that_a_peer_outside_derives(service, spec):
    key = service.make_key(KeySpec=spec, KeyUsage="KEY_AGREEMENT")
    peer = ec.generate_private_key(CURVES[spec])
    public = load_der_public_key(base64.b64decode(public_of(service, key)))
    assert (
        encoded(peer.exchange(ec.ECDH(), public)) == derive(service, key, spki(peer.public_key())).json["SharedSecret"]
    )


@pytest.mark.parametrize(
    "public",
    [
        spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        spki(ec.generate_private_key(ec.SECP256K1()).public_key()),
        spki(rsa.generate_private_key(65537, 2048).public_key()),
        encoded(b"x"),
        encoded(base64.b64decode(spki(ec.generate_private_key(ec.SECP256R1()).public_key())) + b"\0"),
        encoded(base64.b64decode(spki(ec.generate_private_key(ec.SECP256R1()).public_key()))[:-1] + b"\0"),
    ],
    ids=["another curve", "secp256k1", "RSA", "noise", "trailing byte", "not on the curve"],
)
def test_what_is_no_public_key_on_the_curve_is_refused(service, public):
    key = service.make_key(**AGREEMENT)
    assert (400, "ValidationException") == ((answer := derive(service, key, public)).status, answer.type)


def test_a_signing_key_agrees_with_nobody(service):
    key = service.make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    answer = derive(service, key, public_of(service, key))
    text = f"{key['Arn']} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)


def test_an_enclave_gets_no_secret_in_the_clear(service):
    key = service.make_key(**AGREEMENT)
    answer = derive(service, key, public_of(service, key), Recipient={"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"})
    assert ("UnsupportedOperationException", "The parameter recipient is not supported") == (
        answer.type,
        answer.message,
    )


SIZES = {"ML_KEM_768": 1088, "ML_KEM_1024": 1568}


def encapsulate(service, key):
    return service.call("Encapsulate", {"KeyId": key["KeyId"], "EncapsulationAlgorithm": "ML_KEM"})


def decapsulate(service, key, blob):
    members = {"KeyId": key["KeyId"], "EncapsulationAlgorithm": "ML_KEM", "SharedSecretCiphertextBlob": encoded(blob)}
    return service.call("Decapsulate", members)


@pytest.mark.parametrize("spec", SIZES)
def test_decapsulate_recovers_what_encapsulate_made_and_something_else_of_a_changed_ciphertext(service, spec):
    key = service.make_key(KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE")
    made = encapsulate(service, key).json
    blob, secret = base64.b64decode(made["SharedSecretCiphertextBlob"]), made["SharedSecret"]
    assert (SIZES[spec], 32, key["Arn"]) == (len(blob), len(base64.b64decode(secret)), made["KeyId"])
    expected = {"KeyId": key["Arn"], "SharedSecret": secret, "EncapsulationAlgorithm": "ML_KEM"}
    assert expected == decapsulate(service, key, blob).json
    changed = decapsulate(service, key, bytes([blob[0] ^ 1]) + blob[1:])
    assert 200 == changed.status
    assert secret != changed.json["SharedSecret"]
    assert 32 == len(base64.b64decode(changed.json["SharedSecret"]))


@pytest.mark.parametrize("length", [1, 1087, 1089, 1568])
def test_a_ciphertext_of_another_length_is_refused_without_a_message(service, length):
    key = service.make_key(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")
    answer = decapsulate(service, key, bytes(length))
    assert (400, {"__type": "InvalidCiphertextException"}) == (answer.status, answer.json)


def test_a_key_for_another_usage_encapsulates_nothing(service):
    key = service.make_key(**AGREEMENT)
    for operation, answer in (
        ("Encapsulate", encapsulate(service, key)),
        ("Decapsulate", decapsulate(service, key, b"x")),
    ):
        text = f"{key['Arn']} key usage is KEY_AGREEMENT which is not valid for {operation}."
        assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)


def test_secrets_are_nowhere_on_the_trail(service):
    key = service.make_key(KeySpec="ML_KEM_768", KeyUsage="ENCAPSULATE_DECAPSULATE")
    service.entries()
    made = encapsulate(service, key).json
    decapsulate(service, key, base64.b64decode(made["SharedSecretCiphertextBlob"]))
    agreeing = service.make_key(**AGREEMENT)
    derived = derive(service, agreeing, public_of(service, agreeing)).json
    entries = str(service.entries())
    for secret in (made["SharedSecret"], made["SharedSecretCiphertextBlob"], derived["SharedSecret"]):
        assert secret not in entries
