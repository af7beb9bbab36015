"""How key material travels into the service: encrypted under an RSA wrapping key, directly or through an AES key.

Source: KMS Developer Guide, "Download the wrapping public key and import token" (Select a wrapping algorithm) and
"Encrypt the key material"; AES key wrap with padding: RFC 5649, NIST SP 800-38F.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from keyservice.crypto import keypair, oaep
from keyservice.crypto.specs import KEY_SPECS, Family, KeySpec
from keyservice.errors import INVALID_CIPHERTEXT, ServiceError

WRAPPING_KEY_SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")
AES_KEY_LENGTH = 32  # bytes ("Encrypt the key material": an AES key of 256 bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappingAlgorithm:
    """A row: the padding under the RSA key, and whether what it holds is the material or an AES key around it."""

    oaep: str
    has_aes_key: bool


_ROWS = {
    f"{prefix}_SHA_{bits}": WrappingAlgorithm(oaep=f"RSAES_OAEP_SHA_{bits}", has_aes_key=has_aes_key)
    for prefix, has_aes_key in (("RSAES_OAEP", False), ("RSA_AES_KEY_WRAP", True))
    for bits in (1, 256)
}

WRAPPING_ALGORITHMS: Mapping[str, WrappingAlgorithm] = MappingProxyType(_ROWS)


def can_wrap(algorithm: str, wrapping_key_spec: str, spec: KeySpec) -> bool:
    """Whether material of a key spec can be wrapped so: RSA and, under RSA_2048, P-521 private keys need an AES key.

    Unlike the table of "Select a wrapping algorithm", which gives symmetric and HMAC keys the RSAES_OAEP algorithms
    alone: the commands of "Encrypt the key material" wrap both through an AES key.
    """
    if WRAPPING_ALGORITHMS[algorithm].has_aes_key:
        return True
    return spec.family is not Family.RSA and (spec.name, wrapping_key_spec) != ("ECC_NIST_P521", "RSA_2048")


def generate_wrapping_key(wrapping_key_spec: str) -> bytes:
    """A new wrapping key's private half as PKCS #8; it takes up to seconds to make."""
    return keypair.write_private(keypair.generate(KEY_SPECS[wrapping_key_spec]))


def unwrap_material(private: keypair.PrivateKey, algorithm: str, wrapped: bytes, *, stand_in: bytes) -> bytes:
    """The material. `stand_in` is a random AES key.

    Raises:
        ServiceError: InvalidCiphertextException, the same whatever is wrong. If the AES key does not come out of its
            padding, the stand-in is tried: telling the two steps' faults apart, by their time or else, would decrypt
            the AES key for an attacker (Manger, "A Chosen Ciphertext Attack on RSA OAEP").
    """
    row = WRAPPING_ALGORITHMS[algorithm]
    if not isinstance(private, RSAPrivateKey):
        raise keypair.WrongKindError(private, algorithm)
    if not row.has_aes_key:
        return oaep.decrypt(private, row.oaep, wrapped)
    length = private.key_size // 8
    aes_key = _aes_key(private, row.oaep, wrapped[:length], stand_in)
    try:
        return keywrap.aes_key_unwrap_with_padding(aes_key, wrapped[length:])
    except (keywrap.InvalidUnwrap, ValueError):
        raise INVALID_CIPHERTEXT() from None


def _aes_key(private: RSAPrivateKey, algorithm: str, wrapped: bytes, stand_in: bytes) -> bytes:
    try:
        aes_key = oaep.decrypt(private, algorithm, wrapped)
    except ServiceError:
        return stand_in
    return aes_key if len(aes_key) == AES_KEY_LENGTH else stand_in
