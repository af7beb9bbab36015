"""The key specs that can be created, a row each.

A spec of AWS's that has no row here cannot be created: SM2, which AWS offers in its China Regions only, and ML_KEM_512,
which the cryptographic library does not have.
Source: KMS API Reference, "CreateKey", KeySpec and KeyUsage; KMS Developer Guide, "Key spec reference".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Family(StrEnum):
    """What a key's material is: random bytes for the first two, a private key as PKCS #8 for the others."""

    SYMMETRIC = "symmetric"
    HMAC = "HMAC"
    RSA = "RSA"
    ECC = "elliptic curve"
    ED25519 = "Ed25519"
    ML_DSA = "ML-DSA"
    ML_KEM = "ML-KEM"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """A row: what a key of this spec is made of, and its algorithms for each usage. Names are AWS's.

    `size` is in bytes for random material and in bits for RSA; `curve` is the curve's name in the SEC 2 standard.
    """

    name: str
    family: Family
    algorithms: Mapping[str, tuple[str, ...]]
    size: int = 0
    curve: str = ""

    @property
    def usages(self) -> frozenset[str]:
        """What a key of this spec may be for; a key is for one of them."""
        return frozenset(self.algorithms)

    @property
    def is_asymmetric(self) -> bool:
        """Whether it is a key pair."""
        return self.family not in (Family.SYMMETRIC, Family.HMAC)

    @property
    def is_importable(self) -> bool:
        """Whether a customer can bring its material ("Create a KMS key with imported key material", Requirements)."""
        return self.family in (Family.SYMMETRIC, Family.HMAC, Family.RSA, Family.ECC)

    def supports(self, usage: str, algorithm: str) -> bool:
        """Whether a key of this spec and usage works with the algorithm."""
        return algorithm in self.algorithms.get(usage, ())


_ENCRYPT, _SIGN, _MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"
_AGREE, _ENCAPSULATE = "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"

_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSASSA = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))


def _hmac(bits: int) -> KeySpec:
    # The key is as long as the hash (KMS Developer Guide, "Key spec reference", HMAC key specs).
    return KeySpec(name=f"HMAC_{bits}", family=Family.HMAC, size=bits // 8, algorithms={_MAC: (f"HMAC_SHA_{bits}",)})


def _rsa(bits: int) -> KeySpec:
    return KeySpec(name=f"RSA_{bits}", family=Family.RSA, size=bits, algorithms={_ENCRYPT: _OAEP, _SIGN: _RSASSA})


def _nist_curve(bits: int, hash_bits: int) -> KeySpec:
    return KeySpec(
        name=f"ECC_NIST_P{bits}",
        family=Family.ECC,
        curve=f"secp{bits}r1",
        algorithms={_SIGN: (f"ECDSA_SHA_{hash_bits}",), _AGREE: ("ECDH",)},
    )


def _ml_dsa(level: int) -> KeySpec:
    return KeySpec(name=f"ML_DSA_{level}", family=Family.ML_DSA, algorithms={_SIGN: ("ML_DSA_SHAKE_256",)})


def _ml_kem(size: int) -> KeySpec:
    return KeySpec(name=f"ML_KEM_{size}", family=Family.ML_KEM, algorithms={_ENCAPSULATE: ("ML_KEM",)})


SYMMETRIC_DEFAULT = KeySpec(
    name="SYMMETRIC_DEFAULT", family=Family.SYMMETRIC, size=32, algorithms={_ENCRYPT: ("SYMMETRIC_DEFAULT",)}
)

_ROWS = (
    SYMMETRIC_DEFAULT,
    *(_rsa(bits) for bits in (2048, 3072, 4096)),
    _nist_curve(256, 256),
    _nist_curve(384, 384),
    _nist_curve(521, 512),
    KeySpec(name="ECC_SECG_P256K1", family=Family.ECC, curve="secp256k1", algorithms={_SIGN: ("ECDSA_SHA_256",)}),
    # Unlike AWS: without ED25519_PH_SHA_512, which the cryptographic library does not have.
    KeySpec(name="ECC_NIST_EDWARDS25519", family=Family.ED25519, algorithms={_SIGN: ("ED25519_SHA_512",)}),
    *(_hmac(bits) for bits in (224, 256, 384, 512)),
    *(_ml_dsa(level) for level in (44, 65, 87)),
    *(_ml_kem(size) for size in (768, 1024)),
)

KEY_SPECS: Mapping[str, KeySpec] = MappingProxyType({row.name: row for row in _ROWS})
