"""The head of a backup: what it is of, in the open, and its file key, sealed to the root key or by a passphrase.

    magic    18 bytes, `wardkey-backup-v1` and a line feed
    length   4 bytes, big-endian
    header   JSON: the fields of Header; bytes in hexadecimal
    body     a stream (`stream`) under a key derived from the file key and all bytes before: none can be changed

The body's frames are a kind and a content, each behind its length in 4 bytes: `root` (the root key; only in a backup
that a passphrase seals), `secret` (name, NUL, sealed), the tables of the store (a record each, as JSON), and at the end
`end` (JSON: how many of each came).
"""

import json
from dataclasses import asdict, dataclass, fields
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.passphrase import (
    SALT_LENGTH,
    PassphraseError,
    Stretching,
    check_passphrase,
    stretch,
)
from keyservice.keystore.root_key import Random, RootKey

MAGIC = b"wardkey-backup-v1\n"
LARGEST = 65_536  # bytes of header
KEY_LENGTH = 32
IV_LENGTH = 12


class BackupError(Exception):
    """A backup cannot be made, read or restored; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a backup says of itself. `cost` is Argon2id's, and empty without a passphrase.

    `created` is in epoch seconds. The trail is not in a backup: `trail_serial` and `trail_segment` name the last line
    of a change, and the segment of calls that was being written, when it was made.
    """

    created: float
    root_id: str
    domain_id: str
    store_version: int
    trail_serial: int
    trail_segment: str
    salt: str
    cost: str
    iv: str
    sealed_key: str

    @property
    def has_passphrase(self) -> bool:
        """Whether a passphrase opens it, and not the root key."""
        return bool(self.cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The part of a header that is known before anything is sealed."""

    created: float
    domain_id: str
    store_version: int
    trail_serial: int
    trail_segment: str


def write_header(file: BinaryIO, facts: Facts, root: RootKey, passphrase: str | None, random: Random) -> bytes:
    """Write the head; the key of the body."""
    file_key, salt, iv = random(KEY_LENGTH), random(SALT_LENGTH), random(IV_LENGTH)
    cost = b""
    if passphrase is not None:
        try:
            check_passphrase(passphrase)
        except PassphraseError as error:
            raise BackupError(str(error)) from None
        cost = Stretching().encode()
    sealed = AESGCM(_sealing_key(root.key, passphrase, salt, cost)).encrypt(iv, file_key, MAGIC)
    header = Header(
        **asdict(facts),
        root_id=root.root_id,
        salt=salt.hex(),
        cost=cost.hex(),
        iv=iv.hex(),
        sealed_key=sealed.hex(),
    )
    encoded = json.dumps(asdict(header), sort_keys=True).encode("ascii")
    head = MAGIC + len(encoded).to_bytes(4, "big") + encoded
    file.write(head)
    return _body_key(file_key, head)


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it was read: the header, and all its bytes."""

    header: Header
    encoded: bytes

    @classmethod
    def read(cls, file: BinaryIO) -> Self:
        """The head of a file. Nothing of it is authentic before the body's first frame has been read.

        Raises:
            BackupError: if it is no backup of a known version.
        """
        magic, length = file.read(len(MAGIC)), file.read(4)
        size = int.from_bytes(length, "big")
        if magic != MAGIC or size > LARGEST:
            raise BackupError("it is no backup of a known version")
        encoded = file.read(size)
        try:
            header = Header(**json.loads(encoded))
        except (ValueError, TypeError, RecursionError):
            raise BackupError("its header cannot be read") from None
        if any(not isinstance(getattr(header, each.name), _TYPES[str(each.type)]) for each in fields(Header)):
            raise BackupError("its header cannot be read")
        return cls(header, magic + length + encoded)

    def body_key(self, root_key: bytes, passphrase: str | None) -> bytes:
        """The key of the body. Raises BackupError if what is given does not open it."""
        header = self.header
        try:
            salt, cost, iv = (bytes.fromhex(text) for text in (header.salt, header.cost, header.iv))
            key = _sealing_key(root_key, passphrase, salt, cost)
            file_key = AESGCM(key).decrypt(iv, bytes.fromhex(header.sealed_key), MAGIC)
        except (ValueError, InvalidTag):
            given = "the passphrase" if header.has_passphrase else "the root key"
            raise BackupError(f"it does not open: {given} is another, or it is damaged") from None
        return _body_key(file_key, self.encoded)


_TYPES: dict[str, tuple[type, ...]] = {
    "float": (float, int),
    "int": (int,),
    "str": (str,),
    str(float): (float, int),
    str(int): (int,),
    str(str): (str,),
}


def _sealing_key(root_key: bytes, passphrase: str | None, salt: bytes, cost: bytes) -> bytes:
    secret = root_key
    if passphrase is not None:
        if len(cost) != len(Stretching().encode()):
            raise PassphraseError("its Argon2id parameters are missing")
        secret = stretch(passphrase, salt, Stretching.decode(cost))
    return derive(secret, Purpose.BACKUP, salt + cost)


def _body_key(file_key: bytes, head: bytes) -> bytes:
    return derive(file_key, Purpose.BACKUP, head)
