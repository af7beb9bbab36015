"""ML-DSA and ML-KEM through `signing`, `agreement` and `keypair`.

Wycheproof: mldsa_*_verify, mldsa_*_sign_seed, mlkem_*, mlkem_*_encaps, mlkem_*_keygen_seed. NIST ACVP: ML-DSA-sigVer,
kat_MLDSA, kat_MLKEM. RFC 9881 and RFC 9935: the examples of encoded keys. ML-KEM-512 is not offered.
"""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from keyservice.crypto import agreement, signing
from keyservice.crypto.keypair import read_own, write_private, write_public
from keyservice.errors import INVALID_CIPHERTEXT, KMS_INVALID_SIGNATURE
from tests.vectors.reading import OTHERS, agree, blocks, lines_of, other_lines_of, refused, wycheproof

DSA = {44: (MLDSA44PrivateKey, MLDSA44PublicKey), 65: (MLDSA65PrivateKey, MLDSA65PublicKey)}
DSA[87] = (MLDSA87PrivateKey, MLDSA87PublicKey)
KEM = {768: (MLKEM768PrivateKey, MLKEM768PublicKey), 1024: (MLKEM1024PrivateKey, MLKEM1024PublicKey)}


def raw(key):
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def verifies(key, message, signature, message_type=signing.RAW):
    call = (key, "ML_DSA_SHAKE_256", message, message_type, signature)
    return not refused(lambda: signing.verify(*call), KMS_INVALID_SIGNATURE)


def mu_of(key, message):
    """What EXTERNAL_MU takes: FIPS 204, Algorithm 7, line 6, with an empty context string."""
    transcript = hashlib.shake_256(bytes.fromhex(raw(key))).digest(64) + b"\0\0" + message
    return hashlib.shake_256(transcript).digest(64)


@pytest.mark.parametrize(("level", "count"), [(44, 173), (65, 203), (87, 234)])
def test_ml_dsa_accepts_and_refuses_as_wycheproof_has_it(level, count):
    keys, tried = {}, 0
    for group, test in wycheproof(f"Signature/mldsa_{level}_verify"):
        if test.get("ctx") or "publicKeyDer" not in group:
            continue  # a context string, which KMS has none of; a public key that no encoding could hold
        encoded = group["publicKeyDer"]
        if encoded not in keys:
            keys[encoded] = loaded(encoded)
        tried += 1
        if keys[encoded] is None:
            assert "invalid" == test["result"]
            continue
        key, message, signature = keys[encoded], bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        is_accepted = verifies(key, message, signature)
        agree(test, not is_accepted)
        assert is_accepted == verifies(key, mu_of(key, message), signature, signing.EXTERNAL_MU)
    assert count == tried


def loaded(encoded):
    """The public key, None of one that does not load."""
    try:
        return load_der_public_key(bytes.fromhex(encoded))
    except ValueError:
        return None


@pytest.mark.parametrize(("level", "count"), [(44, 79), (65, 98), (87, 89)])
def test_ml_dsa_of_wycheproof_s_seeds_accepts_their_signatures_by_message_and_by_mu(level, count):
    tried = 0
    for group, test in wycheproof(f"Signature/mldsa_{level}_sign_seed"):
        if test["result"] != "valid" or test.get("ctx"):
            continue
        key = DSA[level][0].from_seed_bytes(bytes.fromhex(group["privateSeed"])).public_key()
        assert group["publicKey"] == raw(key)
        signature = bytes.fromhex(test["sig"])
        if "msg" in test:
            assert verifies(key, bytes.fromhex(test["msg"]), signature)
        if test.get("mu"):
            assert verifies(key, bytes.fromhex(test["mu"]), signature, signing.EXTERNAL_MU)
        tried += 1
    assert count == tried


@pytest.mark.parametrize(("level", "count"), [(44, 3), (65, 3), (87, 3)])
def test_ml_dsa_accepts_and_refuses_by_mu_as_the_nist_vectors(level, count):
    found = json.loads((OTHERS / "PublicKey/MLDSA/ML-DSA-sigVer-FIPS204.json").read_bytes())
    groups = [g for g in found["testGroups"] if g["parameterSet"] == f"ML-DSA-{level}" and g["externalMu"]]
    tests = [test for group in groups for test in group["tests"]]
    assert count == len(tests)
    for test in tests:
        key = DSA[level][1].from_public_bytes(bytes.fromhex(test["pk"]))
        mu, signature = bytes.fromhex(test["mu"]), bytes.fromhex(test["signature"])
        assert test["testPassed"] == verifies(key, mu, signature, signing.EXTERNAL_MU)


@pytest.mark.parametrize("level", [44, 65, 87])
def test_ml_dsa_refuses_signatures_with_a_context_string_and_accepts_its_own(level):
    vectors = blocks(lines_of(f"asymmetric/MLDSA/kat_MLDSA_{level}_det_pure.rsp"), "count")
    assert (100, True) == (len(vectors), all(v["ctx"] for v in vectors))
    for v in vectors:
        private, message = DSA[level][0].from_seed_bytes(bytes.fromhex(v["xi"])), bytes.fromhex(v["msg"])
        public = private.public_key()
        assert v["pk"] == raw(public)
        assert not verifies(public, message, bytes.fromhex(v["sm"])[: -len(message)])
        assert verifies(public, message, signing.sign(private, "ML_DSA_SHAKE_256", message, signing.RAW))


@pytest.mark.parametrize(("size", "count"), [(768, 181), (1024, 182)])
def test_ml_kem_decapsulates_and_refuses_as_wycheproof_has_it(size, count):
    tried = 0
    for _, test in wycheproof(f"Protocol/mlkem_{size}"):
        seed = bytes.fromhex(test["seed"])
        if len(seed) != 64:
            continue  # no key at all
        of = (KEM[size][0].from_seed_bytes(seed), bytes.fromhex(test["c"]))
        is_refused = refused(lambda of=of: agreement.decapsulate(*of), INVALID_CIPHERTEXT)
        agree(test, is_refused)
        if not is_refused:
            assert test["K"] == agreement.decapsulate(*of).hex()
        tried += 1
    assert count == tried


@pytest.mark.parametrize(("size", "count"), [(768, 100), (1024, 100)])
def test_ml_kem_s_key_pairs_are_made_of_seeds_as_wycheproof_has_it_and_kept(size, count):
    tried = 0
    for _, test in wycheproof(f"Protocol/mlkem_{size}_keygen_seed"):
        private = KEM[size][0].from_seed_bytes(bytes.fromhex(test["seed"]))
        assert test["ek"] == raw(private.public_key()) == raw(read_own(write_private(private)).public)
        tried += 1
    assert count == tried


@pytest.mark.parametrize(("size", "count"), [(768, 132), (1024, 136)])
def test_ml_kem_public_keys_out_of_range_do_not_load(size, count):
    tried = 0
    for _, test in wycheproof(f"Protocol/mlkem_{size}_encaps"):
        if test["result"] == "invalid":
            with pytest.raises(ValueError):
                KEM[size][1].from_public_bytes(bytes.fromhex(test["ek"]))
            tried += 1
    assert count == tried


@pytest.mark.parametrize("size", [768, 1024])
def test_ml_kem_decapsulates_as_the_nist_vectors_and_of_a_wrong_ciphertext_the_secret_of_implicit_rejection(size):
    vectors = blocks(lines_of(f"asymmetric/MLKEM/kat_MLKEM_{size}.rsp"), "count")
    assert 1000 == len(vectors)
    for v in vectors:
        key = KEM[size][0].from_seed_bytes(bytes.fromhex(v["d"] + v["z"]))
        for ciphertext, secret in (("ct", "ss"), ("ct_n", "ss_n")):
            assert v[secret] == agreement.decapsulate(key, bytes.fromhex(v[ciphertext])).hex()


EXAMPLES = [*(f"MLDSA/rfc9881_ml_dsa_{level}" for level in DSA), *(f"MLKEM/rfc9935_ml_kem_{size}" for size in KEM)]


def encoded_in(name):
    """The DER in a PEM file."""
    return base64.b64decode("".join(line for line in other_lines_of(f"PublicKey/{name}.pem") if "-----" not in line))


@pytest.mark.parametrize("name", EXAMPLES)
def test_key_pairs_are_written_and_read_as_the_rfcs_have_them(name):
    private, public = encoded_in(f"{name}_seed"), encoded_in(f"{name}_public")
    pair = read_own(private)
    assert (private, public) == (write_private(pair.private), write_public(pair.public))
