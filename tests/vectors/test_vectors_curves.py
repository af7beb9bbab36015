"""ECDSA, Ed25519 and ECDH through `signing` and `agreement`.

Wycheproof: ecdsa_*, ed25519, ecdh_secp*r1 (encoded public keys) and ecdh_secp*r1_ecpoint (bare points). NIST CAVP:
ECDSA FIPS 186-3 SigVer and PKV, ECC CDH primitive. OpenSSL: secp256k1. The authors of Ed25519: sign.input.
"""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keyservice.crypto import agreement, signing
from keyservice.crypto.keypair import write_public
from keyservice.errors import KMS_INVALID_SIGNATURE, VALIDATION
from tests.vectors.reading import agree, blocks, lines_of, other_lines_of, refused, wycheproof


def load(encoded):
    """The public key, None of one that does not load."""
    try:
        return load_der_public_key(bytes.fromhex(encoded))
    except ValueError:
        return None


def verifies(key, bits, message, signature):
    """Whether the signature is accepted, of the message and of its digest alike."""
    digest = hashlib.new(f"sha{bits}", message).digest()
    answers = {
        refused(lambda of=of: signing.verify(key, f"ECDSA_SHA_{bits}", *of, signature), KMS_INVALID_SIGNATURE)
        for of in ((message, signing.RAW), (digest, signing.DIGEST))
    }
    assert 1 == len(answers)
    return not answers.pop()


@pytest.mark.parametrize(
    ("name", "bits", "count"),
    [
        ("secp256r1_sha256", 256, 484),
        ("secp384r1_sha384", 384, 504),
        ("secp521r1_sha512", 512, 542),
        ("secp256k1_sha256", 256, 476),
    ],
)
def test_ecdsa_accepts_and_refuses_as_wycheproof_has_it(name, bits, count):
    keys, tried = {}, 0
    for group, test in wycheproof(f"Signature/ecdsa_{name}"):
        encoded = group["publicKeyDer"]
        if encoded not in keys:
            keys[encoded] = load(encoded)
        agree(test, not verifies(keys[encoded], bits, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])))
        tried += 1
    assert count == tried


CURVES = {
    "P-256": (ec.SECP256R1(), 256),
    "P-384": (ec.SECP384R1(), 384),
    "P-521": (ec.SECP521R1(), 512),
    "K-256": (ec.SECP256K1(), 256),
}


@pytest.mark.parametrize(
    ("name", "curve", "counts"),
    [
        ("FIPS_186-3/SigVer.rsp", "P-256", (15, 3)),
        ("FIPS_186-3/SigVer.rsp", "P-384", (15, 3)),
        ("FIPS_186-3/SigVer.rsp", "P-521", (15, 3)),
        ("SECP256K1/SigGen.txt", "K-256", (225, 225)),
    ],
)
def test_ecdsa_accepts_and_refuses_as_the_vectors(name, curve, counts):
    of_curve, bits = CURVES[curve]
    results = []
    for v in blocks(lines_of(f"asymmetric/ECDSA/{name}"), "Msg"):
        if v["section"] != f"{curve},SHA-{bits}":
            continue
        x, y, r, s = (int(v[part], 16) for part in ("Qx", "Qy", "R", "S"))
        key = ec.EllipticCurvePublicNumbers(x, y, of_curve).public_key()
        results.append(verifies(key, bits, bytes.fromhex(v["Msg"]), encode_dss_signature(r, s)))
        assert (v.get("Result", "P")[0] == "P") == results[-1]
    assert counts == (len(results), sum(results))


def test_ed25519_accepts_and_refuses_as_wycheproof_has_it():
    tried = 0
    for group, test in wycheproof("Signature/ed25519"):
        key, message, signature = load(group["publicKeyDer"]), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        call = (key, "ED25519_SHA_512", message, signing.RAW, signature)
        agree(test, refused(lambda call=call: signing.verify(*call), KMS_INVALID_SIGNATURE))
        tried += 1
    assert 210 == tried


def test_ed25519_signs_as_its_authors_vectors():
    lines = [line.split(":") for line in lines_of("asymmetric/Ed25519/sign.input")]
    assert 1024 == len(lines)
    for private, _, message, signed, _ in lines:
        key, text = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)[:32]), bytes.fromhex(message)
        signature = signing.sign(key, "ED25519_SHA_512", text, signing.RAW)
        assert signed == (signature + text).hex()
        signing.verify(key.public_key(), "ED25519_SHA_512", text, signing.RAW, signature)


def agrees(key, peer):
    """The shared secret, None of a public key that is refused."""
    if refused(lambda: agreement.agree(key, peer), VALIDATION):
        return None
    return agreement.agree(key, peer).hex()


@pytest.mark.parametrize(("curve", "count"), [("P-256", 612), ("P-384", 1047), ("P-521", 916)])
def test_ecdh_agrees_and_refuses_as_wycheproof_has_it(curve, count):
    of_curve, _ = CURVES[curve]
    tried = 0
    for _, test in wycheproof(f"Protocol/ecdh_{of_curve.name}"):
        key = ec.derive_private_key(int(test["private"], 16), of_curve)
        shared = agrees(key, bytes.fromhex(test["public"]))
        agree(test, shared is None)
        assert shared in {None, test["shared"]}
        tried += 1
    assert count == tried


def around(point, curve):
    """SubjectPublicKeyInfo around any bytes at all in the place of a public key's point."""
    sample = write_public(ec.derive_private_key(1, curve).public_key())
    length = 1 + 2 * ((curve.key_size + 7) // 8)
    names_end = sample.rindex(b"\x03", 0, len(sample) - length)  # the bit string
    algorithm = sample[sample.index(b"\x30", 1) : names_end]
    return tagged(0x30, algorithm + tagged(0x03, b"\0" + point))


def tagged(tag, content):
    """DER of a tag and its content."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(length)]) + length + content


@pytest.mark.parametrize(("curve", "count"), [("P-256", 355), ("P-384", 790), ("P-521", 661)])
def test_ecdh_with_a_bare_point_agrees_and_refuses_as_wycheproof_has_it(curve, count):
    of_curve, _ = CURVES[curve]
    tried = 0
    for _, test in wycheproof(f"Protocol/ecdh_{of_curve.name}_ecpoint"):
        key = ec.derive_private_key(int(test["private"], 16), of_curve)
        shared = agrees(key, around(bytes.fromhex(test["public"]), of_curve))
        agree(test, shared is None)
        assert shared in {None, test["shared"]}
        tried += 1
    assert count == tried


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_ecdh_agrees_as_the_nist_vectors(curve):
    of_curve, _ = CURVES[curve]
    found = blocks(other_lines_of("Protocol/KAS_ECC_CDH_PrimitiveTest.txt"), "COUNT")
    vectors = [v for v in found if v["section"] == curve]
    assert 25 == len(vectors)
    for v in vectors:
        peer = ec.EllipticCurvePublicNumbers(int(v["QCAVSx"], 16), int(v["QCAVSy"], 16), of_curve).public_key()
        key = ec.derive_private_key(int(v["dIUT"], 16), of_curve)
        assert v["ZIUT"] == agrees(key, write_public(peer))


@pytest.mark.parametrize(("curve", "counts"), [("P-256", (12, 4)), ("P-384", (12, 4)), ("P-521", (12, 4))])
def test_points_off_the_curve_are_refused_as_the_nist_vectors(curve, counts):
    of_curve, _ = CURVES[curve]
    key, size, results = ec.derive_private_key(2, of_curve), (of_curve.key_size + 7) // 8, []
    for v in blocks(lines_of("asymmetric/ECDSA/FIPS_186-3/PKV.rsp"), "Qx"):
        if v["section"] != curve:
            continue
        x, y = (int(v[part], 16) for part in ("Qx", "Qy"))
        if max(x, y).bit_length() > 8 * size:
            shared = None  # no encoding holds it
        else:
            shared = agrees(key, around(b"\4" + x.to_bytes(size, "big") + y.to_bytes(size, "big"), of_curve))
        results.append(shared is not None)
        assert (v["Result"][0] == "P") == results[-1]
    assert counts == (len(results), sum(results))
