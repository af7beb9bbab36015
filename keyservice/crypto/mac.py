"""HMAC, in one call.

Source: RFC 2104; FIPS 198-1, "The Keyed-Hash Message Authentication Code (HMAC)".
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.hashes import SHA224, SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

_SHA256 = SHA256()
_HASHES: Mapping[str, HashAlgorithm] = {
    "HMAC_SHA_224": SHA224(),
    "HMAC_SHA_256": _SHA256,
    "HMAC_SHA_384": SHA384(),
    "HMAC_SHA_512": SHA512(),
}


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The 32-byte MAC of `message`. Compare MACs with `hmac.compare_digest` only."""
    mac = HMAC(key, _SHA256)
    mac.update(message)
    return mac.finalize()


def generate_mac(key: bytes, algorithm: str, message: bytes) -> bytes:
    """The MAC of `message` by one of AWS's MAC algorithms, as long as the hash."""
    mac = HMAC(key, _HASHES[algorithm])
    mac.update(message)
    return mac.finalize()
