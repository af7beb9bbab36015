"""The ciphertext blob of keys in an external key store: encrypted here first, and then by the external key.

    version     1 byte, 0x03
    key id      4-byte length, then ASCII
    backing key 4-byte length, then ASCII
    nonce       16 bytes: the message key of the inner encryption comes from it
    outer       54 bytes, as the proxy told them: IV (1-byte length, 12 or 16, zeros up to 16), ciphertext metadata
                (1-byte length, at most 20, zeros up to 20), authentication tag (16)
    IV          12 bytes, of the inner encryption
    header MAC  16 bytes: HMAC-SHA-256, truncated, over everything before it
    body        the inner ciphertext and its tag, encrypted by the external key manager

Neither half opens without the other: who has the proxy and the external key sees ciphertext of ours, who has our root
key sees ciphertext of theirs. Inner and outer encryption are bound to version, ids, nonce, IV and encryption context;
the outer one to their SHA-256, for what a proxy takes is bounded, and it learns no encryption context. The header's MAC
covers what the proxy said, so that no byte can be changed even if the proxy does not look.
Source: KMS Developer Guide, "How double encryption works"; AWS KMS External Key Store Proxy API Specification,
"Encrypt".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from keyservice.crypto.ciphertext import (
    IV_LENGTH,
    MAX_BLOB,
    NONCE_LENGTH,
    OUTER_LENGTH,
    TAG_LENGTH,
    VERSION_DOUBLE,
    Header,
    additional_data,
    encode_names,
    seal_header,
)
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.errors import INVALID_CIPHERTEXT

OUTER_IV_LENGTHS = (12, 16)
LONGEST_METADATA = 20
_PADDED_IV, _PADDED_METADATA = max(OUTER_IV_LENGTHS), LONGEST_METADATA


class InnerCiphertextError(Exception):
    """What the external key decrypted is not what was encrypted here: another context, another text, or a lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """What an external key manager says beside its ciphertext: IV (12 or 16 bytes), tag (16), metadata (up to 20)."""

    iv: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    metadata: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """The 54 bytes of the blob."""
        if len(self.iv) not in OUTER_IV_LENGTHS or len(self.tag) != TAG_LENGTH or len(self.metadata) > LONGEST_METADATA:
            message = "the outer IV has 12 or 16 bytes, the tag 16, the metadata at most 20"
            raise ValueError(message)
        return _padded(self.iv, _PADDED_IV) + _padded(self.metadata, _PADDED_METADATA) + self.tag

    @classmethod
    def decode(cls, encoded: bytes) -> "Outer":
        """What `encode` encoded; the bytes are authentic, as part of a header."""
        metadata_at, tag_at = 1 + _PADDED_IV, OUTER_LENGTH - TAG_LENGTH
        return cls(
            iv=encoded[1 : 1 + encoded[0]],
            metadata=encoded[metadata_at + 1 : metadata_at + 1 + encoded[metadata_at]],
            tag=encoded[tag_at:],
        )


Encrypt = Callable[[bytes, bytes], tuple[bytes, Outer]]
"""The inner ciphertext and the additional authenticated data to the external key's ciphertext and the rest."""

Decrypt = Callable[[bytes, bytes, Outer], bytes]
"""The external key's ciphertext, the additional authenticated data and the rest to the inner ciphertext."""


def seal_double(
    backing_key: bytes,
    header_key: bytes,
    *,
    names: tuple[str, str],
    nonce: bytes,
    iv: bytes,
    plaintext: bytes,
    context: Mapping[str, str],
    encrypt: Encrypt,
) -> bytes:
    """The blob of `plaintext`; `names` are key id and backing key id, `nonce` and `iv` random and never used again."""
    if len(nonce) != NONCE_LENGTH or len(iv) != IV_LENGTH:
        message = "the nonce has 16 bytes and the IV 12"
        raise ValueError(message)
    opening = VERSION_DOUBLE + encode_names(*names)
    bound = additional_data(opening + nonce + iv, context)
    inner = _message_cipher(backing_key, names, nonce).encrypt(iv, plaintext, bound)
    body, outer = encrypt(inner, _digest(bound))
    if len(body) != len(inner):
        message = "AES-GCM does not change a text's length"
        raise ValueError(message)
    blob = seal_header(header_key, opening + nonce + outer.encode() + iv) + body
    if len(blob) > MAX_BLOB:
        message = f"a ciphertext blob has at most {MAX_BLOB} bytes"
        raise ValueError(message)
    return blob


def open_double(backing_key: bytes, header: Header, context: Mapping[str, str], decrypt: Decrypt) -> bytes:
    """The plaintext.

    Raises:
        ServiceError: InvalidCiphertextException if it is no header of this version.
        InnerCiphertextError: what `decrypt` gave is not what was encrypted in this context.
    """
    if header.version != VERSION_DOUBLE[0]:
        raise INVALID_CIPHERTEXT()
    names = (header.key_id, header.backing_key_id)
    nonce, outer = header.nonce[:NONCE_LENGTH], Outer.decode(header.nonce[NONCE_LENGTH:])
    bound = additional_data(VERSION_DOUBLE + encode_names(*names) + nonce + header.iv, context)
    inner = decrypt(header.body, _digest(bound), outer)
    try:
        return _message_cipher(backing_key, names, nonce).decrypt(header.iv, inner, bound)
    except (InvalidTag, ValueError):  # ValueError of a text shorter than a tag
        raise InnerCiphertextError from None


def _message_cipher(backing_key: bytes, names: tuple[str, str], nonce: bytes) -> AESGCM:
    # With the version byte, so that the key is none of a message that is encrypted once.
    return AESGCM(derive(backing_key, Purpose.MESSAGE, VERSION_DOUBLE + encode_names(*names) + nonce))


def _digest(bound: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(bound)
    return digest.finalize()


def _padded(text: bytes, length: int) -> bytes:
    return bytes([len(text)]) + text.ljust(length, b"\0")
