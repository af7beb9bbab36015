"""Reading a backup: its head, then what it holds, frame by frame, each authentic by the time it is given out."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keyservice.backup.header import BackupError, Head, Header
from keyservice.backup.stream import StreamError, StreamReader
from keyservice.backup.write import END, ROOT
from keyservice.crypto.wrapping import UnwrapError
from keyservice.keystore.domain import SECRET_NAME, Domain, open_sealed_domain
from keyservice.keystore.root_key import RootKey, root_of
from keyservice.store.snapshot import SECRET

LARGEST = 64 * 1024 * 1024  # bytes of one frame; a key with its policy has some thousands


@dataclass(frozen=True, slots=True)
class OpenedBackup:
    """A backup that opened: its keys, and its records, which can be read once, and must be to their end."""

    header: Header
    root: RootKey
    domain: Domain
    secrets: tuple[tuple[str, bytes], ...]
    records: Iterator[tuple[str, bytes]]


Keys = Callable[[Header], tuple[bytes, str | None]]
"""Gives the root key's bytes or the passphrase (the other being empty or None) for what a header asks for."""


@contextmanager
def open_backup(path: Path, keys: Keys) -> Iterator[OpenedBackup]:
    """A backup file, opened.

    Raises:
        BackupError: here or while it is read, if it is none, is damaged, cut short, changed, or opens by another key.
    """
    try:
        with path.open("rb") as file:
            head = Head.read(file)
            root_key, passphrase = keys(head.header)
            frames = _frames(StreamReader(file, head.body_key(root_key, passphrase)))
            yield _opened(head.header, root_key, frames)
    except StreamError as error:
        raise BackupError(f"the backup `{path}` cannot be used: {error}") from None
    except BackupError as error:
        raise BackupError(f"the backup `{path}` cannot be used: {error}") from None
    except OSError as error:
        raise BackupError(f"cannot read the backup `{path}`: {os.strerror(error.errno or 0)}") from None


def _opened(header: Header, root_key: bytes, frames: Iterator[tuple[str, bytes]]) -> OpenedBackup:
    kind, content = next(frames)
    if header.has_passphrase:
        if kind != ROOT:
            raise BackupError("it holds no root key")
        root_key = content
        kind, content = next(frames)
    root = root_of(root_key)
    counts: Counter[str] = Counter()
    secrets: list[tuple[str, bytes]] = []
    while kind == SECRET:
        name, _, sealed = content.partition(b"\0")
        secrets.append((name.decode("ascii"), sealed))
        counts[kind] += 1
        kind, content = next(frames)
    try:
        domain = open_sealed_domain(dict(secrets)[SECRET_NAME], root)
    except (KeyError, UnwrapError):
        raise BackupError("its domain key does not open") from None
    return OpenedBackup(header, root, domain, tuple(secrets), _records(kind, content, frames, counts))


def _records(
    kind: str, content: bytes, frames: Iterator[tuple[str, bytes]], counts: Counter[str]
) -> Iterator[tuple[str, bytes]]:
    """What follows the secrets, up to an end that agrees with what came."""
    while kind != END:
        counts[kind] += 1
        yield kind, content
        kind, content = next(frames)
    if json.loads(content) != counts or next(frames, None) is not None:
        raise BackupError("it does not hold what it says at its end")


def _frames(stream: StreamReader) -> Iterator[tuple[str, bytes]]:
    kind = ""
    while kind != END:
        kind = _field(stream, 64).decode("ascii")
        content = _field(stream, LARGEST)
        if kind == END:
            stream.end()
        yield kind, content


def _field(stream: StreamReader, largest: int) -> bytes:
    length = int.from_bytes(stream.read(4), "big")
    if length > largest:
        raise StreamError
    return stream.read(length)
