"""Shared secrets: elliptic curve Diffie-Hellman, and encapsulation with ML-KEM.

Source: NIST SP 800-56Ar3, section 5.7.1.2 (the cofactor of the NIST curves is one); FIPS 203; KMS API Reference,
"DeriveSharedSecret", "Encapsulate", "Decapsulate".
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from keyservice.crypto.keypair import PrivateKey, PublicKey, WrongKindError
from keyservice.errors import INVALID_CIPHERTEXT, VALIDATION

_UNCOMPRESSED, _COMPRESSED = PublicFormat.UncompressedPoint, PublicFormat.CompressedPoint


def agree(key: PrivateKey, peer: bytes) -> bytes:
    """The raw shared secret with the peer's public key (SubjectPublicKeyInfo): the x coordinate, as long as the field.

    Raises:
        ServiceError: ValidationException if it is no public key on this key's curve.
    """
    if not isinstance(key, EllipticCurvePrivateKey):
        raise WrongKindError(key, "ECDH")
    public = _read_peer(peer)
    if public is None or public.curve.name != key.curve.name:
        raise VALIDATION(detail="The public key is not a DER-encoded X.509 public key on the curve of the KMS key.")
    return key.exchange(ECDH(), public)


def _read_peer(encoded: bytes) -> EllipticCurvePublicKey | None:
    try:
        public = load_der_public_key(encoded)  # refuses points that are not on the curve
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(public, EllipticCurvePublicKey):
        return None
    # The library also reads the hybrid form of a point, which a public key must not have (RFC 5480, section 2.2).
    forms = (public.public_bytes(Encoding.X962, form) for form in (_UNCOMPRESSED, _COMPRESSED))
    return public if encoded.endswith(tuple(forms)) else None


def encapsulate(key: PublicKey) -> tuple[bytes, bytes]:
    """A fresh shared secret of 32 bytes, and its encapsulated form."""
    if not isinstance(key, MLKEM768PublicKey | MLKEM1024PublicKey):
        raise WrongKindError(key, "ML_KEM")
    return key.encapsulate()


def decapsulate(key: PrivateKey, ciphertext: bytes) -> bytes:
    """The shared secret. A ciphertext of the right length always gives one (FIPS 203: implicit rejection).

    Raises:
        ServiceError: InvalidCiphertextException if the length is not that of the key spec.
    """
    if not isinstance(key, MLKEM768PrivateKey | MLKEM1024PrivateKey):
        raise WrongKindError(key, "ML_KEM")
    try:
        return key.decapsulate(ciphertext)
    except ValueError:
        raise INVALID_CIPHERTEXT() from None
