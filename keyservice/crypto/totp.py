"""Time-based one-time passwords: six digits of HMAC-SHA-1 over a count of half minutes. Pure.

Source: RFC 6238, sections 4 and 5.2; RFC 4226, section 5.3; IAM User Guide, "Assign a virtual MFA device".
"""

import base64
import binascii
import hmac

STEP = 30  # seconds
_DIGITS = 6
_WINDOW = 1  # steps that a device's clock may differ (RFC 6238, section 5.2)


def seed_of(base32: str) -> bytes:
    """The seed from its base32 text, whose padding may be left out. Raises ValueError."""
    try:
        return base64.b32decode(base32 + "=" * (-len(base32) % 8))
    except binascii.Error:
        raise ValueError("the seed is not base32") from None


def code_at(seed: bytes, step: int) -> str:
    """The code of a time step."""
    digest = hmac.digest(seed, step.to_bytes(8), "sha1")  # SHA-1 is what the devices do; HMAC with it is sound
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def step_of(seed: bytes, code: str, now: float, *, after: int) -> int | None:
    """The time step, later than `after`, whose code this is at about `now` (epoch seconds); None if it is of none."""
    current = int(now) // STEP
    found = None
    for step in range(current - _WINDOW, current + _WINDOW + 1):
        # Each step is compared, in constant time: how long it takes says nothing of the code.
        if hmac.compare_digest(code_at(seed, step).encode(), code.encode("utf-8", "replace")) and step > after:
            found = step
    return found
