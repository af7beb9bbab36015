"""RSA encryption with OAEP padding: hash and mask generation use the same hash, the label is empty.

Source: RFC 8017, section 7.1; KMS Developer Guide, "Key spec reference" (RSA encryption algorithms).
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from keyservice.crypto.keypair import PrivateKey, PublicKey, WrongKindError
from keyservice.errors import INVALID_CIPHERTEXT

_HASHES: Mapping[str, HashAlgorithm] = {
    # AWS offers it, and OAEP does not rest on the hash's collision resistance (NIST SP 800-131Ar2, section 9).
    "RSAES_OAEP_SHA_1": SHA1(),  # noqa: S303 - as the line above says
    "RSAES_OAEP_SHA_256": SHA256(),
}
_PADDINGS = {name: OAEP(MGF1(of), of, None) for name, of in _HASHES.items()}


def longest_plaintext(algorithm: str, bits: int) -> int:
    """How many bytes a key of so many bits encrypts (RFC 8017, section 7.1.1: k - 2 hLen - 2)."""
    return bits // 8 - 2 * _HASHES[algorithm].digest_size - 2


def encrypt(key: PublicKey, algorithm: str, plaintext: bytes) -> bytes:
    """The ciphertext, as long as the modulus; the plaintext must not be longer than the longest."""
    if not isinstance(key, RSAPublicKey):
        raise WrongKindError(key, algorithm)
    return key.encrypt(plaintext, _PADDINGS[algorithm])


def decrypt(key: PrivateKey, algorithm: str, ciphertext: bytes) -> bytes:
    """The plaintext.

    Raises:
        ServiceError: InvalidCiphertextException, the same whatever is wrong: telling faults of the padding apart would
            decrypt for an attacker (Manger, "A Chosen Ciphertext Attack on RSA OAEP").
    """
    if not isinstance(key, RSAPrivateKey):
        raise WrongKindError(key, algorithm)
    try:
        return key.decrypt(ciphertext, _PADDINGS[algorithm])
    except ValueError:
        raise INVALID_CIPHERTEXT() from None
