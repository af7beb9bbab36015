"""RSA: PKCS #1 v1.5 and PSS signatures, OAEP with SHA-1 and SHA-256, through `signing` and `oaep`.

Wycheproof: rsa_signature_*, rsa_pkcs1_*_sig_gen, rsa_pss_*, rsa_oaep_*. NIST CAVP: SigVer15_186-3, SigGen15_186-3.
RSA Security: oaep-vect; pyca/cryptography: oaep-sha256-sha256.
"""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography_vectors import open_vector_file

from keyservice.crypto import oaep, signing
from keyservice.crypto.keypair import read_own
from keyservice.errors import INVALID_CIPHERTEXT, KMS_INVALID_SIGNATURE
from tests.vectors.reading import agree, blocks, lines_of, other_lines_of, refused, wycheproof

BITS = {"SHA-256": 256, "SHA-384": 384, "SHA-512": 512, "SHA256": 256, "SHA384": 384, "SHA512": 512}
SIZES = (2048, 3072, 4096)  # the moduli of AWS's key specs


def verifies(key, algorithm, message, signature):
    """Whether the signature is accepted, of the message and of its digest alike."""
    digest = hashlib.new("sha" + algorithm[-3:], message).digest()
    answers = {
        refused(lambda of=of: signing.verify(key, algorithm, *of, signature), KMS_INVALID_SIGNATURE)
        for of in ((message, signing.RAW), (digest, signing.DIGEST))
    }
    assert 1 == len(answers)
    return not answers.pop()


PKCS1 = {
    ("rsa_signature_2048_sha256", 256): 259,
    ("rsa_signature_2048_sha384", 384): 258,
    ("rsa_signature_2048_sha512", 512): 259,
    ("rsa_signature_3072_sha256", 256): 259,
    ("rsa_signature_3072_sha384", 384): 259,
    ("rsa_signature_3072_sha512", 512): 260,
    ("rsa_signature_4096_sha256", 256): 258,
    ("rsa_signature_4096_sha384", 384): 259,
    ("rsa_signature_4096_sha512", 512): 259,
}
PSS = {
    ("rsa_pss_2048_sha256_mgf1_32", 256): 108,
    ("rsa_pss_2048_sha384_mgf1_48", 384): 141,
    ("rsa_pss_3072_sha256_mgf1_32", 256): 108,
    ("rsa_pss_4096_sha256_mgf1_32", 256): 108,
    ("rsa_pss_4096_sha384_mgf1_48", 384): 141,
    ("rsa_pss_4096_sha512_mgf1_64", 512): 179,
}
SIGNATURES = [
    *(("PKCS1_V1_5", name, bits, count) for (name, bits), count in PKCS1.items()),
    *(("PSS", name, bits, count) for (name, bits), count in PSS.items()),
]


@pytest.mark.parametrize(("scheme", "name", "bits", "count"), SIGNATURES)
def test_signatures_are_accepted_and_refused_as_wycheproof_has_it(scheme, name, bits, count):
    keys, tried = {}, 0
    for group, test in wycheproof(f"Signature/{name}"):
        encoded = group["publicKeyDer"]
        if encoded not in keys:
            keys[encoded] = load_der_public_key(bytes.fromhex(encoded))
        message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        agree(test, not verifies(keys[encoded], f"RSASSA_{scheme}_SHA_{bits}", message, signature))
        tried += 1
    assert count == tried


def test_pss_with_another_salt_mask_or_hash_than_kms_s_is_refused():
    tried = 0
    for group, test in wycheproof("Signature/rsa_pss_misc"):
        hash_bits = BITS.get(group["sha"])
        is_kms_s = (group["sha"], group["sLen"]) == (group["mgfSha"], hash_bits and hash_bits // 8)
        if test["result"] != "valid" or is_kms_s or not hash_bits:
            continue
        key = load_der_public_key(bytes.fromhex(group["publicKeyDer"]))
        message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        assert not verifies(key, f"RSASSA_PSS_SHA_{hash_bits}", message, signature)
        tried += 1
    assert 87 == tried


@pytest.mark.parametrize(("size", "count"), [(2048, 27), (3072, 26), (4096, 24)])
def test_pkcs1_signatures_are_made_byte_for_byte_as_wycheproof_has_them(size, count):
    tried = 0
    for group, test in wycheproof(f"Signature/rsa_pkcs1_{size}_sig_gen"):
        if group["sha"] not in BITS:
            continue
        key, message = read_own(bytes.fromhex(group["privateKeyPkcs8"])), bytes.fromhex(test["msg"])
        algorithm = f"RSASSA_PKCS1_V1_5_SHA_{BITS[group['sha']]}"
        assert test["sig"] == signing.sign(key.private, algorithm, message, signing.RAW).hex()
        tried += 1
    assert count == tried


def test_pkcs1_signatures_are_accepted_and_refused_as_the_nist_vectors():
    results = []
    for v in blocks(lines_of("asymmetric/RSA/FIPS_186-2/SigVer15_186-3.rsp"), "SHAAlg"):
        if v["SHAAlg"] not in BITS or int(v["mod"]) not in SIZES:
            continue
        key = rsa.RSAPublicNumbers(int(v["e"], 16), int(v["n"], 16)).public_key()
        algorithm = f"RSASSA_PKCS1_V1_5_SHA_{BITS[v['SHAAlg']]}"
        results.append(verifies(key, algorithm, bytes.fromhex(v["Msg"]), bytes.fromhex(v["S"])))
        assert (v["Result"][0] == "P") == results[-1]
    assert (162, 27) == (len(results), sum(results))


def test_pkcs1_signatures_are_made_as_the_nist_vectors():
    tried = 0
    for v in blocks(other_lines_of("Signature/PKCS1-v1.5/SigGen15_186-3.txt"), "SHAAlg"):
        if v["SHAAlg"] not in BITS:
            continue
        key = private_key(*(int(v[name], 16) for name in ("n", "e", "d")))
        algorithm = f"RSASSA_PKCS1_V1_5_SHA_{BITS[v['SHAAlg']]}"
        assert v["S"] == signing.sign(key, algorithm, bytes.fromhex(v["Msg"]), signing.RAW).hex()
        tried += 1
    assert 60 == tried


KEYS = {}


def private_key(n, e, d):
    """A private key of its numbers, made once."""
    if n not in KEYS:
        p, q = rsa.rsa_recover_prime_factors(n, e, d)
        crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
        numbers = rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(e, n))
        KEYS[n] = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    return KEYS[n]


OAEP = {
    "rsa_oaep_2048_sha1_mgf1sha1": ("RSAES_OAEP_SHA_1", 36),
    "rsa_oaep_2048_sha256_mgf1sha256": ("RSAES_OAEP_SHA_256", 37),
    "rsa_oaep_3072_sha256_mgf1sha256": ("RSAES_OAEP_SHA_256", 37),
    "rsa_oaep_4096_sha256_mgf1sha256": ("RSAES_OAEP_SHA_256", 37),
}


@pytest.mark.parametrize("name", OAEP)
def test_oaep_decrypts_and_refuses_as_wycheproof_has_it(name):
    algorithm, count = OAEP[name]
    tried = 0
    for group, test in wycheproof(f"Cipher/{name}"):
        tried += 1
        key, ciphertext = read_own(bytes.fromhex(group["privateKeyPkcs8"])).private, bytes.fromhex(test["ct"])
        is_refused = refused(lambda of=(key, algorithm, ciphertext): oaep.decrypt(*of), INVALID_CIPHERTEXT)
        if test["label"]:
            assert is_refused  # KMS's label is empty
            continue
        agree(test, is_refused)
        if not is_refused:
            assert test["msg"] == oaep.decrypt(key, algorithm, ciphertext).hex()
    assert count == tried


def test_oaep_with_another_hash_or_mask_than_kms_s_is_refused():
    tried = 0
    for group, test in wycheproof("Cipher/rsa_oaep_misc"):
        algorithms = {"SHA-1": "RSAES_OAEP_SHA_1", "SHA-256": "RSAES_OAEP_SHA_256"}
        if test["result"] != "valid" or group["sha"] == group["mgfSha"] or group["sha"] not in algorithms:
            continue
        key, ciphertext = read_own(bytes.fromhex(group["privateKeyPkcs8"])).private, bytes.fromhex(test["ct"])
        of = (key, algorithms[group["sha"]], ciphertext)
        assert refused(lambda of=of: oaep.decrypt(*of), INVALID_CIPHERTEXT)
        tried += 1
    assert 120 == tried


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("pkcs-1v2-1d2-vec/oaep-vect", "RSAES_OAEP_SHA_1"), ("oaep-custom/oaep-sha256-sha256", "RSAES_OAEP_SHA_256")],
)
def test_oaep_decrypts_the_examples(name, algorithm):
    tried = 0
    for numbers, message, ciphertext in oaep_examples(f"asymmetric/RSA/{name}.txt"):
        assert message == oaep.decrypt(private_key(*numbers), algorithm, ciphertext)
        tried += 1
    assert 60 == tried


def oaep_examples(name):
    """Numbers of the key (n, e, d), message and ciphertext of each example of a file of paragraphs under headings."""
    fields, heading, numbers = {}, "", ()
    with open_vector_file(name, "r") as file:
        lines = [line.strip() for line in file if line.strip("#- \n")]
    for line in [*lines, "# End:"]:
        if not line.startswith("#"):
            fields[heading] = fields.get(heading, "") + line.replace(" ", "")
            continue
        heading = line.strip("# :").lower()
        if heading == "prime 1":
            numbers = tuple(int(fields[part], 16) for part in ("modulus", "public exponent", "exponent"))
        if "encryption" in fields:
            yield numbers, bytes.fromhex(fields.pop("message")), bytes.fromhex(fields.pop("encryption"))
        if heading in {"modulus", "message"}:
            fields = {}
