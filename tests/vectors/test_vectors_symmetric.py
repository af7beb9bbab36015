"""AES-256-GCM, AES key wrap with padding, HMAC and the SP 800-108 KDF, each as the service uses it.

Wycheproof: aes_gcm, aes_kwp. NIST CAVP: GCM gcmEncryptExtIV256 and gcmDecrypt256, SP 800-38F KWP_AD_256 and
KWP_AE_256, SP 800-108 KBKDF counter mode. RFC 4231 for HMAC. Botan's KDF_SP800_108_COUNTER.
"""

from dataclasses import dataclass

import pytest

from keyservice.crypto import import_wrapping, keypair, oaep, wrapping
from keyservice.crypto.kbkdf import counter_mode
from keyservice.crypto.mac import generate_mac, hmac_sha256
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import INVALID_CIPHERTEXT
from tests.vectors.reading import agree, blocks, lines_of, other_lines_of, refused, wycheproof

SALT = bytes(wrapping.SALT_LENGTH)


@dataclass(frozen=True)
class Identity:
    """In the place of a record's identity: the vector's own additional data."""

    additional_data: bytes

    def encode(self):
        return self.additional_data


@pytest.fixture
def key_is(monkeypatch):
    """Records are wrapped under the vector's key itself, where a derived one would stand."""

    def use(key):
        monkeypatch.setattr(wrapping, "derive", lambda *_: key)

    return use


def seals(key_is, key, iv, text, additional):
    """The service's record with the vector's key, without version, salt and IV; and that it opens again."""
    key_is(key)
    record = wrapping.wrap(b"", Identity(additional), salt=SALT, iv=iv, material=text)
    assert text == wrapping.unwrap(b"", Identity(additional), record)
    opening = wrapping.VERSION + SALT + iv
    assert record.startswith(opening)
    return record[len(opening) :].hex()


def opens(key_is, key, iv, sealed, additional):
    """The text, None of what does not open."""
    key_is(key)
    try:
        return wrapping.unwrap(b"", Identity(additional), wrapping.VERSION + SALT + iv + sealed).hex()
    except wrapping.UnwrapError:
        return None


def test_gcm_seals_and_opens_as_wycheproof_has_it(key_is):
    tried = 0
    for group, test in wycheproof("Cipher/aes_gcm"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue  # the only lengths in use here
        tried += 1
        key, iv, text, additional = (bytes.fromhex(test[name]) for name in ("key", "iv", "msg", "aad"))
        sealed = test["ct"] + test["tag"]
        is_refused = opens(key_is, key, iv, bytes.fromhex(sealed), additional) is None
        agree(test, is_refused)
        assert is_refused == (sealed != seals(key_is, key, iv, text, additional))
    assert 66 == tried


def nist_gcm(name):
    found = blocks(lines_of(f"ciphers/AES/GCM/{name}.rsp"), "Count")
    return [v for v in found if v["IVlen"] == "96" and v["Taglen"] == "128"]


def test_gcm_seals_as_the_nist_vectors(key_is):
    vectors = nist_gcm("gcmEncryptExtIV256")
    assert 375 == len(vectors)
    for v in vectors:
        key, iv, text, additional = (bytes.fromhex(v[name]) for name in ("Key", "IV", "PT", "AAD"))
        assert v["CT"] + v["Tag"] == seals(key_is, key, iv, text, additional)


def test_gcm_opens_and_refuses_as_the_nist_vectors(key_is):
    vectors = nist_gcm("gcmDecrypt256")
    assert (375, 191) == (len(vectors), sum("FAIL" in v for v in vectors))
    for v in vectors:
        key, iv, additional = (bytes.fromhex(v[name]) for name in ("Key", "IV", "AAD"))
        assert v.get("PT") == opens(key_is, key, iv, bytes.fromhex(v["CT"] + v["Tag"]), additional)


@pytest.fixture(scope="module")
def wrapping_key():
    return keypair.generate(KEY_SPECS["RSA_2048"])


def unwraps(wrapping_key, key, wrapped):
    """The material that travelled under the vector's AES key, this one under an RSA key; None if refused."""
    algorithm = import_wrapping.WRAPPING_ALGORITHMS["RSA_AES_KEY_WRAP_SHA_256"].oaep
    message = oaep.encrypt(wrapping_key.public_key(), algorithm, key) + wrapped
    got = []

    def unwrap():
        arrived = (wrapping_key, "RSA_AES_KEY_WRAP_SHA_256", message)
        got.append(import_wrapping.unwrap_material(*arrived, stand_in=bytes(32)).hex())

    return None if refused(unwrap, INVALID_CIPHERTEXT) else got[0]


def test_key_wrap_with_padding_unwraps_and_refuses_as_wycheproof_has_it(wrapping_key):
    tried = 0
    for group, test in wycheproof("Cipher/aes_kwp"):
        if group["keySize"] != 256:
            continue  # the AES key of an import has 256 bits
        tried += 1
        material = unwraps(wrapping_key, bytes.fromhex(test["key"]), bytes.fromhex(test["ct"]))
        agree(test, material is None)
        assert material in {None, test["msg"]}
    assert 94 == tried


@pytest.mark.parametrize(("name", "count"), [("KWP_AD_256", 500), ("KWP_AE_256", 500)])
def test_key_wrap_with_padding_unwraps_and_refuses_as_the_nist_vectors(wrapping_key, name, count):
    vectors = blocks(lines_of(f"keywrap/kwtestvectors/{name}.txt"), "COUNT")
    assert count == len(vectors)
    for v in vectors:
        assert v.get("P") == unwraps(wrapping_key, bytes.fromhex(v["K"]), bytes.fromhex(v["C"]))


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_every_mac_algorithm_gives_the_answers_of_rfc_4231(bits):
    vectors = blocks(lines_of(f"HMAC/rfc-4231-sha{bits}.txt"), "Len")
    assert 6 == len(vectors)
    for v in vectors:
        key, message = bytes.fromhex(v["Key"]), bytes.fromhex(v["Msg"])
        assert v["MD"] == generate_mac(key, f"HMAC_SHA_{bits}", message).hex()
        if bits == 256:
            assert v["MD"] == hmac_sha256(key, message).hex()


def test_the_kdf_gives_every_answer_of_the_nist_vectors():
    ours = {"PRF": "HMAC_SHA256", "CTRLOCATION": "BEFORE_FIXED", "RLEN": "32_BITS"}
    found = blocks(lines_of("KDF/nist-800-108-KBKDF-CTR.txt"), "COUNT")
    vectors = [v for v in found if ours.items() <= v.items()]
    assert 40 == len(vectors)
    for v in vectors:
        answer = counter_mode(bytes.fromhex(v["KI"]), bytes.fromhex(v["FixedInputData"]), int(v["L"]) // 8)
        assert v["KO"] == answer.hex()


def test_the_kdf_puts_label_context_and_length_as_botan_does():
    vectors = [v for v in blocks(other_lines_of("Protocol/KDF_SP800_108_COUNTER.txt"), "COUNT") if v["KOUT"]]
    ours = [v for v in vectors if v["section"] == "HMAC-SHA-256"]
    assert 416 == len(ours)
    for v in ours:
        label, context, key = (bytes.fromhex(v[name]) for name in ("LABEL", "CONTEXT", "KIN"))
        length = len(v["KOUT"]) // 2
        fixed_input = label + b"\0" + context + (8 * length).to_bytes(4, "big")
        assert v["KOUT"].lower() == counter_mode(key, fixed_input, length).hex()
