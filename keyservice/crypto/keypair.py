"""Key pairs: made, written as PKCS #8 and SubjectPublicKeyInfo (both DER), and read again.

Source: RFC 5958, RFC 5280; KMS API Reference, "GenerateDataKeyPair" (the encodings; ML-KEM private keys as seeds).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256K1,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
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
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from keyservice.crypto.specs import Family, KeySpec

PrivateKey = (
    RSAPrivateKey
    | EllipticCurvePrivateKey
    | Ed25519PrivateKey
    | MLDSA44PrivateKey
    | MLDSA65PrivateKey
    | MLDSA87PrivateKey
    | MLKEM768PrivateKey
    | MLKEM1024PrivateKey
)
PublicKey = (
    RSAPublicKey
    | EllipticCurvePublicKey
    | Ed25519PublicKey
    | MLDSA44PublicKey
    | MLDSA65PublicKey
    | MLDSA87PublicKey
    | MLKEM768PublicKey
    | MLKEM1024PublicKey
)

_PUBLIC_EXPONENT = 65537  # FIPS 186-5, section 5.1, allows it and larger ones; everybody uses it
_CURVES: Mapping[str, EllipticCurve] = {
    curve.name: curve for curve in (SECP256R1(), SECP384R1(), SECP521R1(), SECP256K1())
}
_LATTICE: Mapping[str, Callable[[], PrivateKey]] = {
    "ML_DSA_44": MLDSA44PrivateKey.generate,
    "ML_DSA_65": MLDSA65PrivateKey.generate,
    "ML_DSA_87": MLDSA87PrivateKey.generate,
    "ML_KEM_768": MLKEM768PrivateKey.generate,
    "ML_KEM_1024": MLKEM1024PrivateKey.generate,
}


class WrongKindError(TypeError):
    """A key was used for what keys of its kind cannot do: its spec promised otherwise, so the fault is ours."""

    def __init__(self, key: object, purpose: str) -> None:
        super().__init__(f"{purpose} does not work with a {type(key).__name__}")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key and its public key, ready for use."""

    private: PrivateKey = field(repr=False)
    public: PublicKey


def generate(spec: KeySpec) -> PrivateKey:
    """A new private key of an asymmetric key spec. The random bytes are the library's; RSA takes up to seconds."""
    match spec.family:
        case Family.RSA:
            return generate_rsa(_PUBLIC_EXPONENT, spec.size)
        case Family.ECC:
            return generate_ec(_CURVES[spec.curve])
        case Family.ED25519:
            return Ed25519PrivateKey.generate()
        case _:
            return _LATTICE[spec.name]()


def write_private(key: PrivateKey) -> bytes:
    """The private key as PKCS #8."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def write_public(key: PublicKey) -> bytes:
    """The public key as SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def read_own(encoded: bytes) -> KeyPair:
    """The key pair of PKCS #8 that the service itself wrote.

    RSA keys are not checked again (primality, consistency), which takes a quarter of a second for RSA_4096: the bytes
    come out of a sealed record, so they are the ones that were generated, or imported and checked then.
    """
    private = load_der_private_key(encoded, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, PrivateKey):
        raise WrongKindError(private, "this service")
    return KeyPair(private, private.public_key())
