"""Key material that a customer brings: checked, and in the one form in which the service keeps it.

Source: KMS Developer Guide, "Create a KMS key with imported key material" (Requirements for imported key material).
"""

import re
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from keyservice.crypto.keypair import write_private
from keyservice.crypto.specs import Family, KeySpec
from keyservice.errors import INCORRECT_KEY_MATERIAL

LONGEST_HMAC_KEY = 128  # bytes ("The maximum key length is 1024-bits"); the shortest is the key spec's

# How PKCS #8 begins (RFC 5208, section 5; RFC 5915): a sequence, the version, and the algorithm: rsaEncryption, or
# id-ecPublicKey and the name of a curve. The library takes PKCS #1, SEC 1 and explicit curves too, which AWS does not.
_BEGINNING = rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01[\x00\x01]\x30."
_PKCS8: Mapping[Family, re.Pattern[bytes]] = {
    Family.RSA: re.compile(_BEGINNING + rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", re.DOTALL),
    Family.ECC: re.compile(_BEGINNING + rb"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06", re.DOTALL),
}


def read_material(spec: KeySpec, material: bytes) -> bytes:
    """The material of a key of this spec: random bytes as they are, a private key as PKCS #8 of our own making.

    Raises:
        ServiceError: IncorrectKeyMaterialException if it is no material of the spec.
    """
    match spec.family:
        case Family.SYMMETRIC:
            is_fit = len(material) == spec.size
        case Family.HMAC:
            is_fit = spec.size <= len(material) <= LONGEST_HMAC_KEY
        case _:
            return write_private(_read_private(spec, material))
    if not is_fit:
        raise _unfit(spec)
    return material


def _read_private(spec: KeySpec, material: bytes) -> RSAPrivateKey | EllipticCurvePrivateKey:
    """A private key, its numbers and its public key checked against each other by the library.

    Unlike AWS, which takes BER too: DER alone, of which there is one for every key.
    """
    if spec.family not in _PKCS8 or not _PKCS8[spec.family].match(material):
        raise _unfit(spec)
    try:
        private = load_der_private_key(material, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unfit(spec) from None
    match private:
        case RSAPrivateKey() if private.key_size == spec.size:
            return private
        case EllipticCurvePrivateKey() if private.curve.name == spec.curve:
            return private
    raise _unfit(spec)


def _unfit(spec: KeySpec) -> Exception:
    return INCORRECT_KEY_MATERIAL(detail=f"The key material is not valid for key spec {spec.name}.")
