"""Identifiers in AWS's forms, made from random bytes that the caller supplies.

Source: IAM User Guide, "IAM identifiers" (prefixes of unique ids); KMS Developer Guide, "Key identifiers (KeyId)".
"""

import base64
from collections.abc import Callable


def uuid_text(random: bytes) -> str:
    """A version 4 UUID (RFC 9562, section 5.4) from 16 random bytes: key ids, request ids, event ids."""
    digits = random.hex()
    variant = "89ab"[random[8] >> 4 & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


class FreshIds:
    """UUIDs of requests and events, which are no secrets: randomness is fetched for many at once, for speed."""

    def __init__(self, random: Callable[[int], bytes], at_once: int = 256) -> None:
        self._random = random
        self._at_once = at_once
        self._ready: list[str] = []

    def __call__(self) -> str:
        """One that was never given before; threads may ask at once."""
        try:
            return self._ready.pop()
        except IndexError:
            random = self._random(16 * self._at_once)
            first, *more = [uuid_text(random[start : start + 16]) for start in range(0, len(random), 16)]
            self._ready += more
            return first


def unique_id(prefix: str, random: bytes) -> str:
    """A unique id such as `AROA…` from a four-letter prefix and at least 10 random bytes: 20 characters."""
    return prefix + base64.b32encode(random[:10]).decode("ascii")


def secret_access_key(random: bytes) -> str:
    """A secret access key of 40 characters from 30 random bytes."""
    return base64.b64encode(random[:30]).decode("ascii")


USER_PREFIX = "AIDA"
GROUP_PREFIX = "AGPA"
ROLE_PREFIX = "AROA"
MANAGED_POLICY_PREFIX = "ANPA"
ACCESS_KEY_PREFIX = "AKIA"
TEMPORARY_ACCESS_KEY_PREFIX = "ASIA"
