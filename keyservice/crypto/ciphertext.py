"""The ciphertext blob of symmetric keys: an authenticated header, and AES-256-GCM under a key per message.

Version 2 is that of keys in an HSM, which encrypts by itself: `ciphertext_outside` has the rest of it. Version 3 is
that of keys in an external key store, which are two keys: `ciphertext_double`.

    version     1 byte, 0x01
    key id      4-byte length, then ASCII
    backing key 4-byte length, then ASCII
    nonce       16 bytes: the message key comes from it
    IV          12 bytes
    header MAC  16 bytes: HMAC-SHA-256, truncated, over everything before it
    body        ciphertext and 16-byte tag; additional data are header (with MAC) and encryption context

A key per message lifts GCM's limit on messages a key. The header's MAC is checked before any key is looked up, so that
only ciphertexts of this service can tell a known key from an unknown one; no byte of a blob can be changed.
Source: AWS KMS Cryptographic Details, "Encrypt", "Decrypt"; NIST SP 800-38D, section 8.3.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.encoding import encode_context, length_prefixed
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.mac import hmac_sha256
from keyservice.errors import INVALID_CIPHERTEXT

VERSION = b"\x01"
NONCE_LENGTH = 16
IV_LENGTH = 12
MAC_LENGTH = 16
TAG_LENGTH = 16
MAX_BLOB = 6144  # bytes (KMS API Reference, "Encrypt", CiphertextBlob)
MAX_ID = 128  # bytes; a key id has 36

VERSION_OUTSIDE = b"\x02"
VERSION_DOUBLE = b"\x03"
OUTER_LENGTH = 54
_NONCE_LENGTHS = {VERSION: NONCE_LENGTH, VERSION_OUTSIDE: 0, VERSION_DOUBLE: NONCE_LENGTH + OUTER_LENGTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """An authentic header and the body that came behind it, whose tag is not checked until the message is opened."""

    version: int = field(default=1, repr=False)
    key_id: str
    backing_key_id: str
    nonce: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    encoded: bytes = field(repr=False)
    body: bytes = field(repr=False)


def seal_message(
    backing_key: bytes,
    header_key: bytes,
    *,
    key_id: str,
    backing_key_id: str,
    nonce: bytes,
    iv: bytes,
    plaintext: bytes,
    context: Mapping[str, str],
) -> bytes:
    """The blob of `plaintext`. `nonce` (16 bytes) and `iv` (12 bytes) are random and never used again."""
    if len(nonce) != NONCE_LENGTH or len(iv) != IV_LENGTH:
        message = "the nonce has 16 bytes and the IV 12"
        raise ValueError(message)
    names = encode_names(key_id, backing_key_id)
    header = seal_header(header_key, VERSION + names + nonce + iv)
    message_key = derive(backing_key, Purpose.MESSAGE, names + nonce)
    blob = header + AESGCM(message_key).encrypt(iv, plaintext, additional_data(header, context))
    if len(blob) > MAX_BLOB:
        message = f"a ciphertext blob has at most {MAX_BLOB} bytes"
        raise ValueError(message)
    return blob


def parse_header(header_key: bytes, blob: bytes) -> Header:
    """The header of a blob made under this header key.

    Raises:
        ServiceError: InvalidCiphertextException, the same whatever is wrong with the blob.
    """
    key_id, after = _read_id(blob, len(VERSION))
    backing_key_id, names_end = _read_id(blob, after)
    nonce_length = _NONCE_LENGTHS.get(blob[:1])
    if nonce_length is None:
        raise INVALID_CIPHERTEXT()
    iv_start = names_end + nonce_length
    end = iv_start + IV_LENGTH + MAC_LENGTH
    if not end + TAG_LENGTH <= len(blob) <= MAX_BLOB:
        raise INVALID_CIPHERTEXT()
    mac_start = end - MAC_LENGTH
    if not hmac.compare_digest(_header_mac(header_key, blob[:mac_start]), blob[mac_start:end]):
        raise INVALID_CIPHERTEXT()
    return Header(
        version=blob[0],
        # Only `seal_header` makes headers that get here, after `encode_names`, which writes ASCII.
        key_id=key_id.decode("ascii"),
        backing_key_id=backing_key_id.decode("ascii"),
        nonce=blob[names_end:iv_start],
        iv=blob[iv_start:mac_start],
        encoded=blob[:end],
        body=blob[end:],
    )


def open_message(backing_key: bytes, header: Header, context: Mapping[str, str]) -> bytes:
    """The plaintext, if backing key, header, body and encryption context are those it was sealed with.

    Raises:
        ServiceError: InvalidCiphertextException, the same as for a malformed blob.
    """
    if header.version != VERSION[0]:
        raise INVALID_CIPHERTEXT()
    names = encode_names(header.key_id, header.backing_key_id)
    message_key = derive(backing_key, Purpose.MESSAGE, names + header.nonce)
    try:
        return AESGCM(message_key).decrypt(header.iv, header.body, additional_data(header.encoded, context))
    except InvalidTag:
        raise INVALID_CIPHERTEXT() from None


def encode_names(key_id: str, backing_key_id: str) -> bytes:
    """The two ids as they stand behind the version byte."""
    return _encode_id(key_id) + _encode_id(backing_key_id)


def seal_header(header_key: bytes, unauthenticated: bytes) -> bytes:
    """A header with its MAC."""
    return unauthenticated + _header_mac(header_key, unauthenticated)


def _encode_id(identifier: str) -> bytes:
    encoded = identifier.encode("ascii")
    if not 0 < len(encoded) <= MAX_ID:
        message = f"an id in a blob has 1 to {MAX_ID} bytes"
        raise ValueError(message)
    return length_prefixed(encoded)


def _read_id(blob: bytes, start: int) -> tuple[bytes, int]:
    """The length-prefixed id at `start`, and where the next field begins."""
    end = start + 4
    length = int.from_bytes(blob[start:end], "big")
    if not (end < len(blob) and 0 < length <= MAX_ID):
        raise INVALID_CIPHERTEXT()
    return blob[end : end + length], end + length


def _header_mac(header_key: bytes, unauthenticated: bytes) -> bytes:
    return hmac_sha256(header_key, unauthenticated)[:MAC_LENGTH]


def additional_data(header: bytes, context: Mapping[str, str]) -> bytes:
    """What the message is bound to: its header and the encryption context."""
    return length_prefixed(header) + length_prefixed(encode_context(context))
