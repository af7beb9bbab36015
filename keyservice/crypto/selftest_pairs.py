"""Known-answer tests of the primitives of key pairs, part of the self-tests at start-up.

Source: FIPS 140-3 Implementation Guidance, section 10.3.A. Signatures and shared secrets that are always the same are
compared; of schemes that draw random numbers, a known signature is verified and a changed one refused.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keyservice.crypto import agreement, signing
from keyservice.crypto.keypair import PublicKey, write_public
from keyservice.errors import ServiceError

_RSA_MODULUS = (
    "a2b451a07d0aa5f96e455671513550514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd31878d80325b6ef5a1700f65903b469"
    "429e89d6eac8845097b5ab393189db92512ed8a7711a1253facd20f79c15e8247f3d3e42e46e48c98e254a2fe9765313a03eff8f17e1a0"
    "29397a1fa26a8dce26f490ed81299615d9814c22da610428e09c7d9658594266f5c021d0fceca08d945a12be82de4d1ece6b4c03145b5d"
    "3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a1969816f48698bcbba1b4d9cae79d460d8f9f85e7975005d9bc22c4e5a"
    "c0f7c1a45d12569a62807d3b9a02e5a530e773066f453d1f5b4c2e9cf7820283f742b9d5"
)
_RSA_SIGNATURE = (
    "264491e844c119f14e425c03282139a558dcdaeb82a4628173cd407fd319f9076eaebc0dd87a1c22e4d17839096886d58a9d5b7f7aeb63"
    "efec56c45ac7bead4203b6886e1faa90e028ec0ae094d46bf3f97efdd19045cfbc25a1abda2432639f9876405c0d68f8edbf047c12a454"
    "f7681d5d5a2b54bd3723d193dbad4338baad753264006e2d08931c4b8bb79aa1c9cad10eb6605f87c5831f6e2b08e002f9c6f21141f584"
    "1d92727dd3e1d99c36bc560da3c9067df99fcaf818941f72588be33032bad22caf6704223bb114d575b6d02d9d222b580005d930e8f40c"
    "ce9f672eebb634a20177d84351627964b83f2053d736a84ab1a005f63bd5ba943de6205c"
)


def rsa() -> bool:
    """Project Wycheproof, rsa_signature_2048_sha256, test 3: PKCS #1 v1.5, message "Test"."""
    public = RSAPublicNumbers(65537, int(_RSA_MODULUS, 16)).public_key()
    return _verifies_only(public, "RSASSA_PKCS1_V1_5_SHA_256", b"Test", bytes.fromhex(_RSA_SIGNATURE))


def ecdsa() -> bool:
    """RFC 6979, section A.2.5: P-256, SHA-256, message "sample"."""
    public = ec.EllipticCurvePublicNumbers(
        0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
        0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
        ec.SECP256R1(),
    ).public_key()
    signature = encode_dss_signature(
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    )
    return _verifies_only(public, "ECDSA_SHA_256", b"sample", signature)


def ed25519() -> bool:
    """RFC 8032, section 7.1, test 2."""
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    known = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00"
    )
    key = Ed25519PrivateKey.from_private_bytes(secret)
    is_same = signing.sign(key, "ED25519_SHA_512", b"\x72", signing.RAW) == known
    return is_same and _verifies_only(key.public_key(), "ED25519_SHA_512", b"\x72", known)


def ecdh() -> bool:
    """NIST CAVP, ECC CDH primitive, P-256, COUNT = 0."""
    peer = ec.EllipticCurvePublicNumbers(
        0x700C48F77F56584C5CC632CA65640DB91B6BACCE3A4DF6B42CE7CC838833D287,
        0xDB71E509E3FD9B060DDB20BA5C51DCC5948D46FBF640DFE0441782CAB85FA4AC,
        ec.SECP256R1(),
    ).public_key()
    secret = 0x7D7DC5F71EB29DDAF80D6214632EEAE03D9058AF1FB6D22ED80BADB62BC1A534
    shared = agreement.agree(ec.derive_private_key(secret, ec.SECP256R1()), write_public(peer))
    return shared.hex() == "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"


def ml_dsa() -> bool:
    """A signature of a key made from a fixed seed: known ones would take kilobytes."""
    key = MLDSA44PrivateKey.from_seed_bytes(bytes(range(32)))
    signature = signing.sign(key, "ML_DSA_SHAKE_256", b"sample", signing.RAW)
    return _verifies_only(key.public_key(), "ML_DSA_SHAKE_256", b"sample", signature)


def ml_kem() -> bool:
    """A secret encapsulated with a key made from a fixed seed, and another one from a changed ciphertext."""
    key = MLKEM768PrivateKey.from_seed_bytes(bytes(range(64)))
    secret, ciphertext = agreement.encapsulate(key.public_key())
    changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    return agreement.decapsulate(key, ciphertext) == secret != agreement.decapsulate(key, changed)


def _verifies_only(key: PublicKey, algorithm: str, message: bytes, signature: bytes) -> bool:
    try:
        signing.verify(key, algorithm, message, signing.RAW, signature)
    except ServiceError:
        return False
    try:
        signing.verify(key, algorithm, message + b"x", signing.RAW, signature)
    except ServiceError:
        return True
    return False


TESTS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("RSA signatures", rsa),
    ("ECDSA", ecdsa),
    ("Ed25519", ed25519),
    ("ECDH", ecdh),
    ("ML-DSA", ml_dsa),
    ("ML-KEM", ml_kem),
)
