"""Bytes that mean one thing: length-prefixed fields, and the encryption context in its canonical form."""

from collections.abc import Mapping

_EMPTY = b"\0\0\0\0"


def length_prefixed(x: bytes) -> bytes:
    """`x` behind its length, four bytes, big-endian. Fields so written cannot borrow bytes from one another."""
    return len(x).to_bytes(4, "big") + x


def encode_text(text: str) -> bytes:
    """The length-prefixed UTF-8 of `text`, of any text at all.

    A lone surrogate is written as it is, since no text that a client can send may make the service stumble here; valid
    UTF-8 never holds such bytes, so distinct texts stay distinct.
    """
    return length_prefixed(text.encode("utf-8", "surrogatepass"))


def encode_context(context: Mapping[str, str]) -> bytes:
    """The encryption context as additional data: a count, then the pairs sorted by the bytes of the key.

    Key and value are length-prefixed. Order does not matter, every character and its case do, and no two contexts share
    an encoding.
    Source: AWS KMS Developer Guide, "Encryption context".
    """
    if not context:
        return _EMPTY
    pairs = sorted((key.encode("utf-8", "surrogatepass"), value) for key, value in context.items())
    return len(pairs).to_bytes(4, "big") + b"".join(length_prefixed(key) + encode_text(value) for key, value in pairs)
