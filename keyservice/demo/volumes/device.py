"""The sectors of a volume, as the host of its instance reads and writes them.

AES-256-XTS with the sector's number as tweak, as EBS has it (KMS Cryptographic Details, "Amazon EBS volume encryption";
NIST SP 800-38E; IEEE 1619). XTS hides what is written and keeps every sector where it is; it does not notice changes.
"""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

SECTOR = 4096  # bytes
_HOLE = bytes(SECTOR)


class DeviceError(Exception):
    """The host cannot read or write here: no whole sectors, or beyond the end."""


class BlockDevice:
    """A volume attached to an instance. `key` gives the volume's key for as long as it is attached, and else raises."""

    def __init__(self, path: Path, sectors: int, key: Callable[[], bytes]) -> None:
        self._path = path
        self._sectors = sectors
        self._key = key

    def read(self, sector: int, count: int = 1) -> bytes:
        """Some sectors; what was never written is zeros."""
        self._check(sector, count)
        key = self._key()
        with os.fdopen(os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o600), "rb") as file:
            file.seek(sector * SECTOR)
            found = file.read(count * SECTOR)
        found = found.ljust(count * SECTOR, b"\0")
        pieces = [found[start : start + SECTOR] for start in range(0, len(found), SECTOR)]
        return b"".join(_decrypt(key, sector + index, piece) for index, piece in enumerate(pieces))

    def write(self, sector: int, data: bytes) -> None:
        """Write whole sectors."""
        count, rest = divmod(len(data), SECTOR)
        if rest:
            raise DeviceError(f"{len(data)} bytes are no whole sectors of {SECTOR}")
        self._check(sector, count)
        key = self._key()
        pieces = [data[start : start + SECTOR] for start in range(0, len(data), SECTOR)]
        sealed = b"".join(_encrypt(key, sector + index, piece) for index, piece in enumerate(pieces))
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.seek(sector * SECTOR)
            file.write(sealed)

    def _check(self, sector: int, count: int) -> None:
        if sector < 0 or count < 1 or sector + count > self._sectors:
            raise DeviceError(f"sectors {sector} to {sector + count - 1} are not among 0 to {self._sectors - 1}")


def _encrypt(key: bytes, sector: int, data: bytes) -> bytes:
    cipher = Cipher(AES(key), XTS(_tweak(sector))).encryptor()
    return cipher.update(data) + cipher.finalize()


def _decrypt(key: bytes, sector: int, data: bytes) -> bytes:
    # A hole in the file: that a written sector comes out as zeros has a probability of 2^-32768.
    if data == _HOLE:
        return _HOLE
    cipher = Cipher(AES(key), XTS(_tweak(sector))).decryptor()
    return cipher.update(data) + cipher.finalize()


def _tweak(sector: int) -> bytes:
    return sector.to_bytes(16, "little")
