"""HMAC with SHA-256, in one call.

Source: RFC 2104; FIPS 198-1, "The Keyed-Hash Message Authentication Code (HMAC)".
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_SHA256 = SHA256()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """The 32-byte MAC of `message`. Compare MACs with `hmac.compare_digest` only."""
    mac = HMAC(key, _SHA256)
    mac.update(message)
    return mac.finalize()
