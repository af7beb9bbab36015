"""Every key that is derived: SP 800-108 in counter mode with HMAC-SHA-256, a label for each purpose.

The fixed input is `Label || 0x00 || Context || L`, counter and L being 32 bits wide, L counting bits.
Source: NIST SP 800-108r1, section 4.1, "KDF in Counter Mode"; AWS KMS Cryptographic Details,
"Key derivation functions".
"""

from enum import StrEnum

from keyservice.crypto.mac import hmac_sha256

_BLOCK = 32  # bytes of one HMAC-SHA-256
_FIRST = b"\0\0\0\1"
_MAX_LENGTH = 1024  # bytes; far above any key here, far below what the counter could number


class Purpose(StrEnum):
    """What a derived key is for. Keys of different purposes are independent, whatever their contexts."""

    MESSAGE = "message"
    WRAP = "wrap"
    HEADER = "header"
    SESSION = "session"
    GRANT_TOKEN = "grant-token"  # noqa: S105 - a label, not a secret
    IMPORT_TOKEN = "import-token"  # noqa: S105 - a label, not a secret
    MARKER = "marker"
    FAS = "fas"
    DENIAL = "denial"
    MATERIAL_ID = "material-id"
    AUDIT_KEY = "audit-key"
    BACKUP = "backup"

    @property
    def label(self) -> bytes:
        """The Label of SP 800-108. Invariant: it holds no NUL, so that the 0x00 after it ends it."""
        return b"wardkey/v1/" + self.value.encode("ascii")


_LABELS = {purpose: purpose.label + b"\0" for purpose in Purpose}


def derive(key: bytes, purpose: Purpose, context: bytes, length: int = _BLOCK) -> bytes:
    """A key of `length` bytes from a key of at least 32 bytes; the context must be encoded injectively."""
    if len(key) < _BLOCK:
        message = "a key to derive from has at least 32 bytes"
        raise ValueError(message)
    return counter_mode(key, _LABELS[purpose] + context + (length * 8).to_bytes(4, "big"), length)


def counter_mode(key: bytes, fixed_input: bytes, length: int) -> bytes:
    """The general form: `length` bytes out of the blocks HMAC(key, counter || fixed input), counted from one."""
    if length == _BLOCK:
        return hmac_sha256(key, _FIRST + fixed_input)  # one block, one call: the hot path
    if not 0 < length <= _MAX_LENGTH:
        message = f"a derived key has 1 to {_MAX_LENGTH} bytes"
        raise ValueError(message)
    blocks = range(1, -(-length // _BLOCK) + 1)
    return b"".join(hmac_sha256(key, i.to_bytes(4, "big") + fixed_input) for i in blocks)[:length]
