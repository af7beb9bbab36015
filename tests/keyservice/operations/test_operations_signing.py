"""Sign, Verify and GetPublicKey: every algorithm, every message type, and every refusal in AWS's words."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keyservice.crypto.specs import KEY_SPECS
from tests.keyservice.operations.cases import encoded

MESSAGE = b"a message"
SIGNING = [(spec, name) for spec, row in KEY_SPECS.items() for name in row.algorithms.get("SIGN_VERIFY", ())]
QUICK = [(spec, name) for spec, name in SIGNING if not spec.startswith("RSA_") or spec == "RSA_2048"]


@pytest.fixture
def make(service):
    def make_key(spec, usage="SIGN_VERIFY"):
        return service.make_key(KeySpec=spec, KeyUsage=usage)

    return make_key


def call(service, operation, key, algorithm, message=MESSAGE, signature=None, **more):
    members = {"KeyId": key["KeyId"], "Message": encoded(message), "SigningAlgorithm": algorithm, **more}
    if operation == "Verify":
        members["Signature"] = encoded(signature if signature is not None else bytes(64))
    return service.call(operation, members)


def signed(service, *arguments, **more):
    answer = call(service, "Sign", *arguments, **more)
    assert 200 == answer.status, answer.body
    return base64.b64decode(answer.json["Signature"])


def refusal(answer):
    return answer.type, answer.json.get("message")


@pytest.mark.parametrize(("spec", "algorithm"), QUICK)
def test_what_sign_made_verify_accepts_and_nothing_else(service, make, spec, algorithm):
    key = make(spec)
    kind = {"MessageType": "RAW"}
    signature = signed(service, key, algorithm, **kind)
    assert {"KeyId": key["Arn"], "SignatureValid": True, "SigningAlgorithm": algorithm} == call(
        service, "Verify", key, algorithm, signature=signature, **kind
    ).json
    invalid = ("KMSInvalidSignatureException", None)
    flipped = signature[:-1] + bytes([signature[-1] ^ 1])
    assert invalid == refusal(call(service, "Verify", key, algorithm, signature=flipped))
    assert invalid == refusal(call(service, "Verify", key, algorithm, signature=signature + b"\0"))
    assert invalid == refusal(call(service, "Verify", key, algorithm, signature=b"x"))
    assert invalid == refusal(call(service, "Verify", key, algorithm, message=b"another", signature=signature))
    assert invalid == refusal(call(service, "Verify", make(spec), algorithm, signature=signature))


@pytest.mark.parametrize(("spec", "algorithm"), [pair for pair in QUICK if pair[1].startswith(("RSASSA_", "ECDSA_"))])
def test_a_message_and_its_digest_are_the_same_message(service, make, spec, algorithm):
    key = make(spec)
    digest = hashlib.new(f"sha{algorithm[-3:]}", MESSAGE).digest()
    of_digest = signed(service, key, algorithm, digest, MessageType="DIGEST")
    assert 200 == call(service, "Verify", key, algorithm, signature=of_digest).status
    of_message = signed(service, key, algorithm)
    assert 200 == call(service, "Verify", key, algorithm, digest, of_message, MessageType="DIGEST").status


def test_an_external_mu_is_the_same_message(service, make):
    key = make("ML_DSA_44")
    public = base64.b64decode(service.call("GetPublicKey", {"KeyId": key["KeyId"]}).json["PublicKey"])
    raw = load_der_public_key(public).public_bytes_raw()
    # FIPS 204, algorithm 7, line 6, with ML-DSA.Sign's prefix for an empty context string.
    mu = hashlib.shake_256(hashlib.shake_256(raw).digest(64) + b"\0\0" + MESSAGE).digest(64)
    of_mu = signed(service, key, "ML_DSA_SHAKE_256", mu, MessageType="EXTERNAL_MU")
    assert 200 == call(service, "Verify", key, "ML_DSA_SHAKE_256", signature=of_mu).status
    of_message = signed(service, key, "ML_DSA_SHAKE_256")
    assert 200 == call(service, "Verify", key, "ML_DSA_SHAKE_256", mu, of_message, MessageType="EXTERNAL_MU").status


INCOMPATIBLE = "Algorithm {algorithm} is incompatible with key spec {spec}."
WRONG_TYPE = "Message type {kind} is incompatible with key spec {spec}."
WRONG_TYPE_OF_ED25519 = "Message type {kind} is incompatible with algorithm {algorithm}."
WRONG_LENGTH = "Digest is invalid length for algorithm {algorithm}."
WRONG_LENGTH_OF_MU = "External Mu is invalid length for algorithm {algorithm}."


@pytest.mark.parametrize("operation", ["Sign", "Verify"])
@pytest.mark.parametrize(
    ("spec", "algorithm", "kind", "length", "text"),
    [
        ("RSA_2048", "RSASSA_PSS_SHA_384", "DIGEST", 32, WRONG_LENGTH),
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256", "DIGEST", 20, WRONG_LENGTH),
        ("ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST", 48, WRONG_LENGTH),
        ("ECC_NIST_P256", "ECDSA_SHA_384", "DIGEST", 20, INCOMPATIBLE),
        ("ECC_NIST_P256", "ECDSA_SHA_256", "EXTERNAL_MU", 64, WRONG_TYPE),
        ("ECC_SECG_P256K1", "RSASSA_PSS_SHA_256", "RAW", 5, INCOMPATIBLE),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "DIGEST", 64, WRONG_TYPE_OF_ED25519),
        ("ECC_NIST_EDWARDS25519", "ECDSA_SHA_512", "RAW", 5, INCOMPATIBLE),
        # Unlike AWS, which has it.
        ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "DIGEST", 64, INCOMPATIBLE),
        ("ML_DSA_44", "ML_DSA_SHAKE_256", "DIGEST", 64, WRONG_TYPE),
        ("ML_DSA_44", "ML_DSA_SHAKE_256", "EXTERNAL_MU", 63, WRONG_LENGTH_OF_MU),
    ],
)
def test_what_a_key_cannot_sign_is_refused_in_awss_words_and_so_is_its_dry_run(
    service, make, operation, spec, algorithm, kind, length, text
):
    key = make(spec)
    error = "InvalidKeyUsageException" if text is INCOMPATIBLE else "ValidationException"
    expected = (400, error, text.format(algorithm=algorithm, spec=spec, kind=kind))
    for dry_run in (False, True):
        answer = call(service, operation, key, algorithm, bytes(length), MessageType=kind, DryRun=dry_run)
        assert expected == (answer.status, *refusal(answer))


@pytest.mark.parametrize("operation", ["Sign", "Verify"])
@pytest.mark.parametrize(
    ("spec", "usage"),
    [("RSA_2048", "ENCRYPT_DECRYPT"), ("ECC_NIST_P256", "KEY_AGREEMENT"), ("HMAC_256", "GENERATE_VERIFY_MAC")],
)
def test_a_key_for_another_usage_is_refused(service, make, operation, spec, usage):
    key = make(spec, usage)
    text = f"{key['Arn']} key usage is {usage} which is not valid for {operation}."
    assert ("InvalidKeyUsageException", text) == refusal(call(service, operation, key, "ECDSA_SHA_256"))


def test_the_state_is_looked_at_before_the_algorithm(service, make):
    key = make("ECC_NIST_P256")
    service.call("DisableKey", {"KeyId": key["KeyId"]})
    assert ("DisabledException", f"{key['Arn']} is disabled.") == refusal(call(service, "Sign", key, "ECDSA_SHA_384"))


def test_a_dry_run_signs_nothing(service, make):
    answer = call(service, "Sign", make("ECC_NIST_P256"), "ECDSA_SHA_256", DryRun=True)
    assert "DryRunOperationException" == answer.type


@pytest.mark.parametrize(
    ("spec", "usage", "member", "length"),
    [
        ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", 294),
        ("RSA_2048", "SIGN_VERIFY", "SigningAlgorithms", 294),
        ("ECC_NIST_P384", "KEY_AGREEMENT", "KeyAgreementAlgorithms", 120),
        ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", "SigningAlgorithms", 44),
        ("ML_DSA_44", "SIGN_VERIFY", "SigningAlgorithms", 1334),
        ("ML_DSA_65", "SIGN_VERIFY", "SigningAlgorithms", 1974),
        ("ML_DSA_87", "SIGN_VERIFY", "SigningAlgorithms", 2614),
        ("ML_KEM_1024", "ENCAPSULATE_DECAPSULATE", "EncapsulationAlgorithms", 1590),
    ],
)
def test_the_public_key_comes_with_what_it_is_for(service, make, spec, usage, member, length):
    key = make(spec, usage)
    told = service.call("GetPublicKey", {"KeyId": key["KeyId"]}).json
    assert length == len(base64.b64decode(told.pop("PublicKey")))
    assert {
        "KeyId": key["Arn"],
        "CustomerMasterKeySpec": spec,
        "KeySpec": spec,
        "KeyUsage": usage,
        member: list(KEY_SPECS[spec].algorithms[usage]),
    } == told


def test_a_signature_verifies_outside_with_the_public_key(service, make):
    key = make("ECC_NIST_P256")
    public = base64.b64decode(service.call("GetPublicKey", {"KeyId": key["KeyId"]}).json["PublicKey"])
    signature = signed(service, key, "ECDSA_SHA_256")
    load_der_public_key(public).verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_a_disabled_key_gives_its_public_key_and_one_pending_deletion_does_not(service, make):
    key = make("ECC_NIST_P256")
    first = service.call("GetPublicKey", {"KeyId": key["KeyId"]}).json
    service.call("DisableKey", {"KeyId": key["KeyId"]})
    assert first == service.call("GetPublicKey", {"KeyId": key["KeyId"]}).json
    service.call("ScheduleKeyDeletion", {"KeyId": key["KeyId"]})
    refused = refusal(service.call("GetPublicKey", {"KeyId": key["KeyId"]}))
    assert ("KMSInvalidStateException", f"{key['Arn']} is pending deletion.") == refused


@pytest.mark.parametrize(
    ("spec", "usage"), [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), ("HMAC_512", "GENERATE_VERIFY_MAC")]
)
def test_a_key_without_a_public_key_is_refused_without_a_message(service, make, spec, usage):
    key = make(spec, usage)
    assert ("UnsupportedOperationException", None) == refusal(service.call("GetPublicKey", {"KeyId": key["KeyId"]}))


def test_neither_message_nor_signature_stands_on_the_trail(service, make):
    key = make("ECC_NIST_P256")
    signature = signed(service, key, "ECDSA_SHA_256")
    call(service, "Verify", key, "ECDSA_SHA_256", signature=signature)
    for entry in service.entries()[-2:]:
        assert {"keyId", "signingAlgorithm", "messageType"} == set(entry["event"]["requestParameters"])
        assert encoded(signature) not in str(entry)
        assert "asymmetric request" == entry["usage"]["class"]
