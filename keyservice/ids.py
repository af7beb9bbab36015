"""Identifiers in AWS's forms, made from random bytes that the caller supplies.

Source: IAM User Guide, "IAM identifiers" (prefixes of unique ids); KMS Developer Guide, "Key identifiers (KeyId)".
"""

import base64


def uuid_text(random: bytes) -> str:
    """A version 4 UUID (RFC 9562, section 5.4) from 16 random bytes: key ids, request ids, event ids."""
    digits = random.hex()
    variant = "89ab"[random[8] >> 6]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def unique_id(prefix: str, random: bytes) -> str:
    """A unique id such as `AROA…` from a four-letter prefix and at least 10 random bytes: 20 characters."""
    return prefix + base64.b32encode(random[:10]).decode("ascii")


def secret_access_key(random: bytes) -> str:
    """A secret access key of 40 characters from 30 random bytes."""
    return base64.b64encode(random[:30]).decode("ascii")


USER_PREFIX = "AIDA"
GROUP_PREFIX = "AGPA"
ROLE_PREFIX = "AROA"
ACCESS_KEY_PREFIX = "AKIA"
TEMPORARY_ACCESS_KEY_PREFIX = "ASIA"
