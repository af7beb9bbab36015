"""The ciphertext blob of keys in a custom key store: the same authenticated header, a body that is made elsewhere.

    version     1 byte, 0x02
    key id      4-byte length, then ASCII
    backing key 4-byte length, then ASCII
    IV          12 bytes, as the HSM says that it used
    header MAC  16 bytes: HMAC-SHA-256, truncated, over everything before it
    body        ciphertext and 16-byte tag of AES-256-GCM; additional data are version and ids, and encryption context

The HSM encrypts under its key itself: a key per message would have to leave it. So there is no nonce, and such a key
ends at 2^32 messages (NIST SP 800-38D, section 8.3), which its key store counts. The HSM may choose the IV, which is
therefore known only after encryption: GCM itself authenticates it, and the header's MAC again. No byte can be changed.
Source: AWS CloudHSM User Guide, "Supported mechanisms for the PKCS #11 library": the HSM ignores a requested IV.
"""

from collections.abc import Callable, Mapping

from keyservice.crypto.ciphertext import (
    IV_LENGTH,
    MAC_LENGTH,
    MAX_BLOB,
    VERSION_OUTSIDE,
    Header,
    additional_data,
    encode_names,
    seal_header,
)
from keyservice.errors import INVALID_CIPHERTEXT

MOST_MESSAGES = 2**32

Encrypt = Callable[[bytes], tuple[bytes, bytes]]
"""Additional data to the IV and the body; the plaintext is the encryptor's."""


def seal_outside(
    header_key: bytes, *, key_id: str, backing_key_id: str, context: Mapping[str, str], encrypt: Encrypt
) -> bytes:
    """The blob of what `encrypt` encrypts."""
    opening = VERSION_OUTSIDE + encode_names(key_id, backing_key_id)
    iv, body = encrypt(additional_data(opening, context))
    if len(iv) != IV_LENGTH:
        message = "the IV has 12 bytes"
        raise ValueError(message)
    blob = seal_header(header_key, opening + iv) + body
    if len(blob) > MAX_BLOB:
        message = f"a ciphertext blob has at most {MAX_BLOB} bytes"
        raise ValueError(message)
    return blob


def bound_outside(header: Header, context: Mapping[str, str]) -> bytes:
    """The additional data that the body behind the header was encrypted with.

    Raises:
        ServiceError: InvalidCiphertextException if it is no header of this version.
    """
    if header.version != VERSION_OUTSIDE[0]:
        raise INVALID_CIPHERTEXT()
    return additional_data(header.encoded[: -(IV_LENGTH + MAC_LENGTH)], context)
