"""NIST's and the RFC's vectors for the primitives, called as the service calls them."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM1024PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography_vectors import open_vector_file

from keyservice.crypto import agreement, signing
from keyservice.crypto.mac import generate_mac, hmac_sha256
from keyservice.errors import KMS_INVALID_SIGNATURE, ServiceError


def blocks(name: str, opening: str) -> list[dict[str, str]]:
    """The vectors of a NIST response file as dictionaries, each beginning with the line `opening = …`."""
    section: dict[str, str] = {}
    vectors: list[dict[str, str]] = []
    with open_vector_file(name, "r") as file:
        for line in map(str.strip, file):
            key, equals, value = (part.strip() for part in line.strip("[]").partition("="))
            if line.startswith("[") and equals:
                section[key] = value
            elif key == opening:
                vectors.append({**section, key: value})
            elif vectors and (equals or line == "FAIL"):
                vectors[-1][key] = value
    return vectors


def ours(vector: dict[str, str]) -> bool:
    """Whether IV and tag have the lengths that we use."""
    return vector["IVlen"] == "96" and vector["Taglen"] == "128"


def test_gcm_encrypts_as_the_nist_vectors():
    vectors = [v for v in blocks("ciphers/AES/GCM/gcmEncryptExtIV256.rsp", "Count") if ours(v)]
    assert 375 == len(vectors)
    for v in vectors:
        key, iv, text, additional = (bytes.fromhex(v[name]) for name in ("Key", "IV", "PT", "AAD"))
        assert v["CT"] + v["Tag"] == AESGCM(key).encrypt(iv, text, additional).hex()


def test_gcm_decrypts_and_refuses_as_the_nist_vectors():
    vectors = [v for v in blocks("ciphers/AES/GCM/gcmDecrypt256.rsp", "Count") if ours(v)]
    assert {True, False} == {"FAIL" in v for v in vectors}
    for v in vectors:
        key, iv, additional = (bytes.fromhex(v[name]) for name in ("Key", "IV", "AAD"))
        sealed = bytes.fromhex(v["CT"] + v["Tag"])
        if "FAIL" in v:
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(iv, sealed, additional)
        else:
            assert v["PT"] == AESGCM(key).decrypt(iv, sealed, additional).hex()


def test_hmac_gives_every_answer_of_rfc_4231():
    vectors = blocks("HMAC/rfc-4231-sha256.txt", "Len")
    assert vectors
    for v in vectors:
        assert v["MD"] == hmac_sha256(bytes.fromhex(v["Key"]), bytes.fromhex(v["Msg"])).hex()


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_every_mac_algorithm_gives_the_answers_of_rfc_4231(bits):
    vectors = blocks(f"HMAC/rfc-4231-sha{bits}.txt", "Len")
    assert vectors
    for v in vectors:
        assert v["MD"] == generate_mac(bytes.fromhex(v["Key"]), f"HMAC_SHA_{bits}", bytes.fromhex(v["Msg"])).hex()


CURVES = {"P-256,SHA-256": ec.SECP256R1(), "P-384,SHA-384": ec.SECP384R1(), "P-521,SHA-512": ec.SECP521R1()}


@pytest.mark.parametrize("section", CURVES)
def test_ecdsa_verifies_and_refuses_as_the_nist_vectors(section):
    results = []
    for v in sections("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", section):
        x, y, r, s = (int(v[name], 16) for name in ("Qx", "Qy", "R", "S"))
        key = ec.EllipticCurvePublicNumbers(x, y, CURVES[section]).public_key()
        call = (key, f"ECDSA_SHA_{section[-3:]}", bytes.fromhex(v["Msg"]), signing.RAW, encode_dss_signature(r, s))
        results.append(v["Result"][0])
        if results[-1] == "P":
            signing.verify(*call)
        else:
            with pytest.raises(ServiceError) as refusal:
                signing.verify(*call)
            assert KMS_INVALID_SIGNATURE is refusal.value.kind
    assert {"P", "F"} == set(results)


def sections(name: str, wanted: str) -> list[dict[str, str]]:
    """The vectors of one section of a file whose vectors begin with `Msg = …`."""
    vectors: list[dict[str, str]] = []
    is_wanted = False
    with open_vector_file(name, "r") as file:
        for line in map(str.strip, file):
            key, equals, value = (part.strip() for part in line.partition("="))
            if line.startswith("["):
                is_wanted = line == f"[{wanted}]"
            elif is_wanted and key == "Msg":
                vectors.append({key: value})
            elif is_wanted and equals:
                vectors[-1][key] = value
    return vectors


def test_ed25519_signs_as_its_authors_vectors():
    with open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
        lines = [line.split(":") for line in file][:200]
    for private, _, message, signed, _ in lines:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)[:32])
        signature = signing.sign(key, "ED25519_SHA_512", bytes.fromhex(message), signing.RAW)
        assert signed == (signature + bytes.fromhex(message)).hex()
        signing.verify(key.public_key(), "ED25519_SHA_512", bytes.fromhex(message), signing.RAW, signature)


@pytest.mark.parametrize(("size", "kind"), [(768, MLKEM768PrivateKey), (1024, MLKEM1024PrivateKey)])
def test_ml_kem_decapsulates_as_the_nist_vectors_and_of_a_wrong_ciphertext_the_secret_of_implicit_rejection(size, kind):
    vectors = blocks(f"asymmetric/MLKEM/kat_MLKEM_{size}.rsp", "count")
    assert vectors
    for v in vectors:
        key = kind.from_seed_bytes(bytes.fromhex(v["d"] + v["z"]))
        for ciphertext, secret in (("ct", "ss"), ("ct_n", "ss_n")):
            assert v[secret] == agreement.decapsulate(key, bytes.fromhex(v[ciphertext])).hex()


def test_key_wrap_with_padding_unwraps_and_refuses_as_the_nist_vectors():
    vectors = blocks("keywrap/kwtestvectors/KWP_AD_256.txt", "COUNT")
    assert {True, False} == {"FAIL" in v for v in vectors}
    for v in vectors:
        key, wrapped = bytes.fromhex(v["K"]), bytes.fromhex(v["C"])
        if "FAIL" in v:
            with pytest.raises(keywrap.InvalidUnwrap):
                keywrap.aes_key_unwrap_with_padding(key, wrapped)
        else:
            assert v["P"] == keywrap.aes_key_unwrap_with_padding(key, wrapped).hex()
