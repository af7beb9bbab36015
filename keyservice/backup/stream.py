"""Bytes of any length, encrypted and authenticated piece by piece, so that neither side holds more than a piece.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
section 7): pieces of 64 KiB under one key, which is used for nothing else; a nonce is the piece's number in 11 bytes,
and a byte that is 1 in the last one. So no piece can be changed, moved, left out, or be made to look like the last.
"""

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 65_536
TAG = 16


class StreamError(Exception):
    """The bytes are not what was written, or not all of it."""

    def __init__(self) -> None:
        super().__init__("it is damaged, cut short, or was changed")


class StreamWriter:
    """Writes to a file. What has not been ended by `close` does not open."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._number = 0
        self._waiting = bytearray()

    def write(self, content: bytes) -> None:
        """Write some bytes."""
        self._waiting += content
        while len(self._waiting) > PIECE:  # the last piece is never empty but in an empty stream
            self._seal(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]

    def close(self) -> None:
        """Write the last piece; the file stays open."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), piece, None))
        self._number += 1


class StreamReader:
    """Reads from a file up to its end, which must be the stream's."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._pieces = _pieces(file, AESGCM(key))
        self._ready = b""
        self._at = 0

    def read(self, length: int) -> bytes:
        """As many bytes.

        Raises:
            StreamError: if there are fewer, or they are not authentic.
        """
        while len(self._ready) - self._at < length:
            piece = next(self._pieces, None)
            if piece is None:
                raise StreamError
            self._ready = self._ready[self._at :] + piece
            self._at = 0
        self._at += length
        return self._ready[self._at - length : self._at]

    def end(self) -> None:
        """Return if everything has been read, to the stream's end. Raises StreamError."""
        if self._at < len(self._ready) or any(self._pieces):
            raise StreamError


def _pieces(file: BinaryIO, cipher: AESGCM) -> Iterator[bytes]:
    sealed, number = file.read(PIECE + TAG), 0
    while True:
        following = file.read(PIECE + TAG)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), sealed, None)
        except InvalidTag:
            raise StreamError from None
        if not following:
            return
        sealed, number = following, number + 1


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
