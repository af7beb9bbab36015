"""NIST's and the RFC's vectors for the primitives, called as the service calls them."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography_vectors import open_vector_file

from keyservice.crypto.mac import hmac_sha256


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
