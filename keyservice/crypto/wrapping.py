"""Records that hold key material at rest: AES-256-GCM under a key per record, bound to what the record is.

    version  1 byte, 0x01
    salt     16 bytes: the wrapping key comes from it
    IV       12 bytes
    body     ciphertext and 16-byte tag; additional data are the record's identity

A fresh key per record, because a GCM key with random IVs ends at 2^32 messages (NIST SP 800-38D, section 8.3).
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.encoding import encode_text, length_prefixed
from keyservice.crypto.kbkdf import Purpose, derive

VERSION = b"\x01"
SALT_LENGTH = 16
IV_LENGTH = 12

_SALT_END = len(VERSION) + SALT_LENGTH
_BODY_START = _SALT_END + IV_LENGTH
_MINIMUM = _BODY_START + 16  # the tag


class UnwrapError(Exception):
    """A wrapped record is damaged, belongs elsewhere, or was wrapped under another key: which, is not told."""

    def __init__(self) -> None:
        super().__init__("the wrapped record does not open")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIdentity:
    """What a wrapped record is and whose: it opens as nothing else. What does not apply is empty."""

    type: str
    root_id: str
    account: str = ""
    key_id: str = ""
    backing_key_id: str = ""
    spec: str = ""

    def encode(self) -> bytes:
        """The additional data: type, version, account, key id, backing key id, spec, root id, each length-prefixed."""
        rest = (self.account, self.key_id, self.backing_key_id, self.spec, self.root_id)
        return encode_text(self.type) + length_prefixed(VERSION) + b"".join(encode_text(part) for part in rest)


def wrap(parent: bytes, record: RecordIdentity, *, salt: bytes, iv: bytes, material: bytes) -> bytes:
    """The sealed record. `salt` (16 bytes) and `iv` (12 bytes) are random and never used again."""
    if len(salt) != SALT_LENGTH or len(iv) != IV_LENGTH:
        message = "the salt has 16 bytes and the IV 12"
        raise ValueError(message)
    key = derive(parent, Purpose.WRAP, salt)
    return VERSION + salt + iv + AESGCM(key).encrypt(iv, material, record.encode())


def unwrap(parent: bytes, record: RecordIdentity, sealed: bytes) -> bytes:
    """The material.

    Raises:
        UnwrapError: whatever is wrong with the record.
    """
    if not sealed.startswith(VERSION) or len(sealed) < _MINIMUM:
        raise UnwrapError
    salt, iv = sealed[len(VERSION) : _SALT_END], sealed[_SALT_END:_BODY_START]
    try:
        return AESGCM(derive(parent, Purpose.WRAP, salt)).decrypt(iv, sealed[_BODY_START:], record.encode())
    except InvalidTag:
        raise UnwrapError from None
