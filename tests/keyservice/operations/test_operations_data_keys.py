"""Data keys, data key pairs and random bytes."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from tests.keyservice.operations.cases import POLICY, encoded
from tests.live import ACCOUNT

CONTEXT = {"app": "web"}
PAIR_SPECS = (
    *("RSA_2048", "RSA_3072", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"),
    *("ECC_NIST_EDWARDS25519", "ML_KEM_768", "ML_KEM_1024"),
)


@pytest.fixture
def key(service):
    return service.make_key(POLICY)


def call(service, operation, key, *, user="admin", **members):
    return service.call(operation, {"KeyId": key["KeyId"], "EncryptionContext": CONTEXT, **members}, user=user)


def opened(service, blob):
    answer = service.call("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": CONTEXT})
    return base64.b64decode(answer.json["Plaintext"])


@pytest.mark.parametrize(
    ("members", "length"), [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 7}, 7)]
)
def test_a_data_key_has_the_length_asked_for_and_decrypts_under_its_context(service, key, members, length):
    told = call(service, "GenerateDataKey", key, **members).json
    assert {"CiphertextBlob", "Plaintext", "KeyId", "KeyMaterialId"} == set(told)
    assert (encoded(opened(service, told["CiphertextBlob"])), key["Arn"]) == (told["Plaintext"], told["KeyId"])
    without = call(service, "GenerateDataKeyWithoutPlaintext", key, **members).json
    assert {"CiphertextBlob", "KeyId", "KeyMaterialId"} == set(without)
    assert length == len(base64.b64decode(told["Plaintext"])) == len(opened(service, without["CiphertextBlob"]))
    assert key["CurrentKeyMaterialId"] == told["KeyMaterialId"] == without["KeyMaterialId"]


@pytest.mark.parametrize("operation", ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"])
@pytest.mark.parametrize("members", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}])
def test_either_a_spec_or_a_length_is_asked_for_before_the_key_is_looked_at(service, key, operation, members):
    service.call("DisableKey", {"KeyId": key["KeyId"]})
    answer = call(service, operation, key, **members)
    text = "Please specify either number of bytes or key spec."
    assert ("ValidationException", text) == (answer.type, answer.message)


ALL = {
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "GenerateDataKeyWithoutPlaintext": {"KeySpec": "AES_256"},
    "GenerateDataKeyPair": {"KeyPairSpec": "ECC_NIST_P256"},
    "GenerateDataKeyPairWithoutPlaintext": {"KeyPairSpec": "ECC_NIST_P256"},
}


@pytest.mark.parametrize("operation", ALL)
def test_a_key_that_cannot_encrypt_data_keys_is_refused_after_its_state(service, operation):
    rsa = service.make_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    signing = service.make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    answer = call(service, operation, rsa, **ALL[operation])
    text = "You cannot generate a data key with an asymmetric CMK"
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)
    answer = call(service, operation, signing, **ALL[operation])
    text = f"{signing['Arn']} key usage is SIGN_VERIFY which is not valid for {operation}."
    assert ("InvalidKeyUsageException", text) == (answer.type, answer.message)
    service.call("DisableKey", {"KeyId": rsa["KeyId"]})
    assert "DisabledException" == call(service, operation, rsa, **ALL[operation]).type


@pytest.mark.parametrize("operation", ALL)
def test_a_dry_run_makes_nothing(service, key, operation):
    assert "DryRunOperationException" == call(service, operation, key, DryRun=True, **ALL[operation]).type


@pytest.mark.parametrize("spec", PAIR_SPECS)
def test_a_pairs_private_key_decrypts_and_belongs_to_its_public_key(service, key, spec):
    told = call(service, "GenerateDataKeyPair", key, KeyPairSpec=spec).json
    private = opened(service, told["PrivateKeyCiphertextBlob"])
    assert (encoded(private), spec, key["Arn"]) == (told["PrivateKeyPlaintext"], told["KeyPairSpec"], told["KeyId"])
    public = load_der_private_key(private, None).public_key()
    assert encoded(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)) == told["PublicKey"]
    without = call(service, "GenerateDataKeyPairWithoutPlaintext", key, KeyPairSpec=spec).json
    assert set(told) - {"PrivateKeyPlaintext"} == set(without)
    assert told["PublicKey"] != without["PublicKey"]


def test_ml_kem_private_keys_are_seeds_of_one_length(service, key):
    lengths = {
        len(
            opened(
                service, call(service, "GenerateDataKeyPair", key, KeyPairSpec=spec).json["PrivateKeyCiphertextBlob"]
            )
        )
        for spec in ("ML_KEM_768", "ML_KEM_1024")
    }
    assert {86} == lengths


@pytest.mark.parametrize("spec", ["SM2", "ML_KEM_512"])
def test_a_pair_of_a_spec_that_is_not_there_is_refused(service, key, spec):
    answer = call(service, "GenerateDataKeyPair", key, KeyPairSpec=spec)
    text = f"KeyPairSpec {spec} is not supported in this Region."
    assert ("UnsupportedOperationException", text) == (answer.type, answer.message)


@pytest.mark.parametrize("operation", ["GenerateDataKey", "GenerateDataKeyPair"])
def test_an_enclave_gets_nothing_in_the_clear(service, key, operation):
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": "AAAA"}
    answer = call(service, operation, key, Recipient=recipient, **ALL[operation])
    assert ("UnsupportedOperationException", "The parameter recipient is not supported") == (
        answer.type,
        answer.message,
    )


def test_policies_see_the_pairs_spec_and_the_algorithm(service):
    alice = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}
    equals = {"kms:DataKeyPairSpec": "ECC_NIST_P384", "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    statement = {"Effect": "Allow", "Principal": alice, "Action": "kms:GenerateDataKey*", "Resource": "*"}
    condition = {"Condition": {"StringEquals": {**equals, "kms:EncryptionContext:app": "web"}}}
    key = service.make_key({**POLICY, "Statement": [POLICY["Statement"], {**statement, **condition}]})
    for spec, expected in (("ECC_NIST_P384", 200), ("ECC_NIST_P256", 400)):
        assert expected == call(service, "GenerateDataKeyPair", key, user="alice", KeyPairSpec=spec).status


@pytest.mark.parametrize(("spec", "price"), [("RSA_2048", "rsa data key pair"), ("ECC_NIST_P256", "ecc data key pair")])
def test_a_pair_is_priced_by_its_spec_and_its_private_key_is_nowhere_on_the_trail(service, key, spec, price):
    told = call(service, "GenerateDataKeyPair", key, KeyPairSpec=spec).json
    entry = service.entries()[-1]
    assert price == entry["usage"]["class"]
    assert {"keyId", "keyPairSpec", "encryptionContext"} == set(entry["event"]["requestParameters"])
    assert told["PrivateKeyPlaintext"] not in json.dumps(entry)


@pytest.mark.parametrize("length", [1, 44, 1024])
def test_random_bytes_have_the_length_asked_for(service, length):
    told = service.call("GenerateRandom", {"NumberOfBytes": length}).json
    assert ({"Plaintext"}, length) == (set(told), len(base64.b64decode(told["Plaintext"])))
    assert told["Plaintext"] not in json.dumps(service.entries()[-1])


def test_random_bytes_need_a_length_and_permission(service):
    answer = service.call("GenerateRandom")
    assert ("ValidationException", "NumberOfBytes is required.") == (answer.type, answer.message)
    text = service.call("GenerateRandom", {"NumberOfBytes": 1}, user="alice").message
    assert text.endswith("kms:GenerateRandom because no identity-based policy allows the kms:GenerateRandom action")
    store = service.call("GenerateRandom", {"NumberOfBytes": 1, "CustomKeyStoreId": "cks-1"})
    assert "CustomKeyStoreNotFoundException" == store.type
