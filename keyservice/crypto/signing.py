"""Signatures: a row for every signing algorithm, and what each takes as a message.

Source: KMS API Reference, "Sign" (MessageType, SigningAlgorithm); RFC 8017; FIPS 186-5; FIPS 204, section 6.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from keyservice.crypto.keypair import PrivateKey, PublicKey, WrongKindError
from keyservice.errors import KMS_INVALID_SIGNATURE

RAW, DIGEST, EXTERNAL_MU = MESSAGE_TYPES = ("RAW", "DIGEST", "EXTERNAL_MU")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningAlgorithm:
    """A row. `lengths` are the message types taken and how many bytes such a message has, None for any number.

    `hash` is what messages are hashed with where the library is told so; `padding` is RSA's.
    """

    name: str
    lengths: Mapping[str, int | None]
    hash: HashAlgorithm | None = None
    padding: AsymmetricPadding | None = None


def _hashing(name: str, hash_: HashAlgorithm, padding: AsymmetricPadding | None = None) -> SigningAlgorithm:
    lengths = {RAW: None, DIGEST: hash_.digest_size}
    return SigningAlgorithm(name=name, lengths=lengths, hash=hash_, padding=padding)


def _rows() -> tuple[SigningAlgorithm, ...]:
    hashes: Mapping[int, HashAlgorithm] = {256: SHA256(), 384: SHA384(), 512: SHA512()}
    return (
        # The salt is as long as the hash (KMS Developer Guide, "Key spec reference", RSA signing algorithms).
        *(_hashing(f"RSASSA_PSS_SHA_{bits}", of, PSS(MGF1(of), of.digest_size)) for bits, of in hashes.items()),
        *(_hashing(f"RSASSA_PKCS1_V1_5_SHA_{bits}", of, PKCS1v15()) for bits, of in hashes.items()),
        *(_hashing(f"ECDSA_SHA_{bits}", of) for bits, of in hashes.items()),
        SigningAlgorithm(name="ED25519_SHA_512", lengths={RAW: None}),
        SigningAlgorithm(name="ML_DSA_SHAKE_256", lengths={RAW: None, EXTERNAL_MU: 64}),
    )


SIGNING_ALGORITHMS: Mapping[str, SigningAlgorithm] = {row.name: row for row in _rows()}


def sign(key: PrivateKey, algorithm: str, message: bytes, message_type: str) -> bytes:
    """The signature; algorithm, message type and length must be ones that the key and the row take."""
    row = SIGNING_ALGORITHMS[algorithm]
    match key:
        case RSAPrivateKey() if row.padding is not None:
            return key.sign(message, row.padding, _hash_of(row, message_type))
        case EllipticCurvePrivateKey():
            return key.sign(message, ECDSA(_hash_of(row, message_type)))
        case Ed25519PrivateKey():
            return key.sign(message)
        case MLDSA44PrivateKey() | MLDSA65PrivateKey() | MLDSA87PrivateKey():
            # With an empty context string, as FIPS 204's ML-DSA.Sign has it when an application defines none.
            return key.sign_mu(message) if message_type == EXTERNAL_MU else key.sign(message)
    raise WrongKindError(key, algorithm)


def verify(key: PublicKey, algorithm: str, message: bytes, message_type: str, signature: bytes) -> None:
    """Return if the signature is the key's of this message.

    Raises:
        ServiceError: KMSInvalidSignatureException, whatever is wrong with the signature.
    """
    try:
        _verify(key, SIGNING_ALGORITHMS[algorithm], message, message_type, signature)
    except InvalidSignature:
        raise KMS_INVALID_SIGNATURE() from None


def _verify(key: PublicKey, row: SigningAlgorithm, message: bytes, message_type: str, signature: bytes) -> None:
    match key:
        case RSAPublicKey() if row.padding is not None:
            key.verify(signature, message, row.padding, _hash_of(row, message_type))
        case EllipticCurvePublicKey():
            key.verify(signature, message, ECDSA(_hash_of(row, message_type)))
        case Ed25519PublicKey():
            key.verify(signature, message)
        case MLDSA44PublicKey() | MLDSA65PublicKey() | MLDSA87PublicKey():
            if message_type == EXTERNAL_MU:
                key.verify_mu(signature, message)
            else:
                key.verify(signature, message)
        case _:
            raise WrongKindError(key, row.name)


def _hash_of(row: SigningAlgorithm, message_type: str) -> HashAlgorithm | Prehashed:
    if row.hash is None:
        raise ValueError(f"{row.name} has no hash to give")
    return Prehashed(row.hash) if message_type == DIGEST else row.hash
