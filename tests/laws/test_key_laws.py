"""Laws of keys of every spec: verify accepts what sign made and nothing else, decrypt undoes encrypt, parties agree."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyservice.crypto.oaep import longest_plaintext
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import INVALID_CIPHERTEXT, KMS_INVALID_SIGNATURE, VALIDATION, ServiceError
from keyservice.keystore.software import SoftwareKeyStore
from keyservice.model.key import Key, KeyUsage
from tests.live import open_service

STORE = SoftwareKeyStore(bytes(range(32)), root_id="root")
KEY = Key(account="111122223333", region="us-east-1", key_id="a-key", created=0.0, policy="{}")

messages = st.binary(min_size=1, max_size=64)
contexts = st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3)


@cache
def made(spec, usage, number=0):
    """A key of a spec, and its material; the same every time."""
    key = replace(KEY, spec=spec, usage=KeyUsage(usage))
    return key, STORE.generate(key, float(number))


def assert_refused(kind, call):
    with pytest.raises(ServiceError) as refusal:
        call()
    assert kind is refusal.value.kind


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


SIGNING = [
    ("RSA_2048", "RSASSA_PSS_SHA_256"),
    ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512"),
    ("ECC_NIST_P256", "ECDSA_SHA_256"),
    ("ECC_NIST_P384", "ECDSA_SHA_384"),
    ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
    ("ML_DSA_44", "ML_DSA_SHAKE_256"),
]


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
@settings(max_examples=25, deadline=None)
@given(messages, messages, st.integers(0, 20_000))
def test_verify_accepts_what_sign_made_and_no_flipped_bit_of_it(spec, algorithm, message, other, bit):
    key, backing = made(spec, "SIGN_VERIFY")
    signature = STORE.sign(key, backing, algorithm, message, "RAW")

    def verify(message, signature, backing=backing):
        STORE.verify(key, backing, algorithm, message, "RAW", signature)

    verify(message, signature)
    assert_refused(KMS_INVALID_SIGNATURE, lambda: verify(message, flipped(signature, bit)))
    assert_refused(KMS_INVALID_SIGNATURE, lambda: verify(flipped(message, bit), signature))
    assert_refused(KMS_INVALID_SIGNATURE, lambda: verify(message, signature + b"\0"))
    assert_refused(KMS_INVALID_SIGNATURE, lambda: verify(message, signature, made(spec, "SIGN_VERIFY", 1)[1]))
    if other != message:
        assert_refused(KMS_INVALID_SIGNATURE, lambda: verify(other, signature))


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
@settings(max_examples=25, deadline=None)
@given(messages, st.binary(max_size=300))
def test_bytes_out_of_nowhere_are_no_signature(spec, algorithm, message, noise):
    key, backing = made(spec, "SIGN_VERIFY")
    assert_refused(KMS_INVALID_SIGNATURE, lambda: STORE.verify(key, backing, algorithm, message, "RAW", noise))


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=1, max_size=190), st.integers(0, 2047))
def test_rsa_decrypts_what_it_encrypted_and_no_flipped_bit_of_it(algorithm, plaintext, bit):
    key, backing = made("RSA_2048", "ENCRYPT_DECRYPT")
    assert len(plaintext) <= longest_plaintext(algorithm, KEY_SPECS[key.spec].size)
    blob = STORE.encrypt_rsa(key, backing, algorithm, plaintext)
    assert plaintext == STORE.decrypt_rsa(key, backing, algorithm, blob)
    assert_refused(INVALID_CIPHERTEXT, lambda: STORE.decrypt_rsa(key, backing, algorithm, flipped(blob, bit)))
    other = made("RSA_2048", "ENCRYPT_DECRYPT", 1)[1]
    assert_refused(INVALID_CIPHERTEXT, lambda: STORE.decrypt_rsa(key, other, algorithm, blob))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_out_of_nowhere_are_no_rsa_ciphertext(noise):
    key, backing = made("RSA_2048", "ENCRYPT_DECRYPT")
    assert_refused(INVALID_CIPHERTEXT, lambda: STORE.decrypt_rsa(key, backing, "RSAES_OAEP_SHA_256", noise))


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
@given(messages, messages)
def test_macs_are_equal_for_equal_messages_alone(bits, one, other):
    key, backing = made(f"HMAC_{bits}", "GENERATE_VERIFY_MAC")
    macs = [STORE.mac(key, backing, f"HMAC_SHA_{bits}", message) for message in (one, other)]
    assert (one == other) == (macs[0] == macs[1])


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"])
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2000))
def test_any_two_parties_agree_and_a_changed_public_key_gives_them_nothing_in_common(spec, one, other, bit):
    (key, a), (_, b) = made(spec, "KEY_AGREEMENT", one), made(spec, "KEY_AGREEMENT", other)
    secret = STORE.agree(key, a, STORE.public_key(key, b))
    assert secret == STORE.agree(key, b, STORE.public_key(key, a))
    try:
        assert secret != STORE.agree(key, a, flipped(STORE.public_key(key, b), bit))
    except ServiceError as error:
        if error.kind is not VALIDATION:
            raise


@given(st.binary(max_size=200))
def test_bytes_out_of_nowhere_are_nobodys_public_key(noise):
    key, backing = made("ECC_NIST_P256", "KEY_AGREEMENT")
    assert_refused(VALIDATION, lambda: STORE.agree(key, backing, noise))


@pytest.mark.parametrize("spec", ["ML_KEM_768", "ML_KEM_1024"])
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 8000), st.binary(max_size=100))
def test_decapsulate_recovers_what_was_encapsulated_and_of_a_flipped_bit_something_else(spec, bit, noise):
    key, backing = made(spec, "ENCAPSULATE_DECAPSULATE")
    secret, blob = STORE.encapsulate(key, backing)
    assert secret == STORE.decapsulate(key, backing, blob)
    assert secret != STORE.decapsulate(key, backing, flipped(blob, bit))
    assert secret != STORE.decapsulate(key, made(spec, "ENCAPSULATE_DECAPSULATE", 1)[1], blob)
    assert_refused(INVALID_CIPHERTEXT, lambda: STORE.decapsulate(key, backing, blob + noise + b"x"))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    opened = open_service(tmp_path_factory.mktemp("laws") / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def symmetric(service):
    return [service.make_key()["KeyId"] for _ in range(2)]


def ciphertext(answer):
    assert 200 == answer.status, answer.body
    return answer.json["CiphertextBlob"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1), contexts, contexts, contexts)
def test_re_encrypt_keeps_the_plaintext_and_binds_it_to_its_new_context(service, symmetric, to, old, new, other):
    plaintext = {"Plaintext": "dGV4dA=="}
    blob = ciphertext(service.call("Encrypt", {"KeyId": symmetric[0], "EncryptionContext": old, **plaintext}))
    given = {"CiphertextBlob": blob, "DestinationKeyId": symmetric[to], "DestinationEncryptionContext": new}
    moved = ciphertext(service.call("ReEncrypt", {"SourceEncryptionContext": old, **given}))
    opened = service.call("Decrypt", {"CiphertextBlob": moved, "EncryptionContext": new, "KeyId": symmetric[to]})
    assert plaintext["Plaintext"] == opened.json["Plaintext"]
    if other != new:
        assert (
            "InvalidCiphertextException"
            == service.call("Decrypt", {"CiphertextBlob": moved, "EncryptionContext": other}).type
        )
    if other != old:
        assert (
            "InvalidCiphertextException" == service.call("ReEncrypt", {"SourceEncryptionContext": other, **given}).type
        )
