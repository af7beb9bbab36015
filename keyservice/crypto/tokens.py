"""Tokens that the service gives out and reads again: sealed under a key per token, in base64url.

    version  1 byte, 0x01
    salt     16 bytes: the token's key comes from it and from the purpose
    IV       12 bytes
    body     ciphertext and 16-byte tag; additional data are version, salt and what the token is bound to

No bit of the text can be changed, the unused ones of the last base64 character included.
"""

import base64
import binascii
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.encoding import length_prefixed
from keyservice.crypto.kbkdf import Purpose, derive

VERSION = b"\x01"
SALT_LENGTH = 16
IV_LENGTH = 12
MAX_TEXT = 16_384  # characters; more is not worth decoding

_SALT_END = len(VERSION) + SALT_LENGTH
_BODY_START = _SALT_END + IV_LENGTH
_MINIMUM = _BODY_START + 16  # the tag
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class InvalidToken(Exception):  # noqa: N818 - the name says what the token is, as in cryptography's own InvalidTag
    """A token is not one of ours for this purpose and binding: why, is not told."""

    def __init__(self) -> None:
        super().__init__("the token is not valid")


def seal_token(
    domain_key: bytes, purpose: Purpose, plaintext: bytes, *, salt: bytes, iv: bytes, bound_to: bytes = b""
) -> str:
    """The token's text. `salt` (16 bytes) and `iv` (12 bytes) are random and never used again.

    `bound_to` must be given again to open it: what a pagination marker lists, say. It is not in the text.
    """
    if len(salt) != SALT_LENGTH or len(iv) != IV_LENGTH:
        message = "the salt has 16 bytes and the IV 12"
        raise ValueError(message)
    opening = VERSION + salt
    key = derive(domain_key, purpose, salt)
    sealed = opening + iv + AESGCM(key).encrypt(iv, plaintext, _additional_data(opening, bound_to))
    text = _encode(sealed)
    if len(text) > MAX_TEXT:
        message = f"a token has at most {MAX_TEXT} characters"
        raise ValueError(message)
    return text


def open_token(domain_key: bytes, purpose: Purpose, text: str, *, bound_to: bytes = b"") -> bytes:
    """What was sealed.

    Raises:
        InvalidToken: whatever is wrong with the text.
    """
    sealed = _decode(text)
    if not sealed.startswith(VERSION) or len(sealed) < _MINIMUM:
        raise InvalidToken
    opening, iv = sealed[:_SALT_END], sealed[_SALT_END:_BODY_START]
    key = derive(domain_key, purpose, opening[len(VERSION) :])
    try:
        return AESGCM(key).decrypt(iv, sealed[_BODY_START:], _additional_data(opening, bound_to))
    except InvalidTag:
        raise InvalidToken from None


def _additional_data(opening: bytes, bound_to: bytes) -> bytes:
    return length_prefixed(opening) + length_prefixed(bound_to)


def _encode(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    if len(text) > MAX_TEXT or not _BASE64URL.fullmatch(text):
        raise InvalidToken
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise InvalidToken from None
    # The decoder ignores the last character's unused bits: only the one canonical spelling is a token.
    if _encode(sealed) != text:
        raise InvalidToken
    return sealed
