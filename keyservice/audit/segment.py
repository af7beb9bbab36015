"""Segment files: lines with a check value, the naming of files, and what is done about a torn end.

A line is the CRC-32 of its text (8 hexadecimal digits), a space, the text (JSON, no line ending), a line feed.
"""

import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".trail"
TORN_SUFFIX = ".torn"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was found: its text, None if that does not agree with its check value; its end in the file."""

    text: bytes | None
    end: int


def frame(text: bytes) -> bytes:
    """A line of a segment."""
    return b"%08x %b\n" % (zlib.crc32(text), text)


def unframe(line: bytes) -> bytes | None:
    """The text of a line (with its line feed), or None if the line is damaged."""
    text = line[9:-1]
    return text if line[8:9] == b" " and line[-1:] == b"\n" and line[:8] == b"%08x" % zlib.crc32(text) else None


def segment_name(moment: float, writer: str, number: int) -> str:
    """`20261123T221926Z-4711-1a2b3c4d-000001.trail`: names sort by the second in which segments were begun."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(moment))}-{writer}-{number:06}{SUFFIX}"


def begun(path: Path) -> str:
    """When a segment was begun, in the spelling of `eventTime`."""
    stamp = path.name
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z"


def segments(directory: Path) -> list[Path]:
    """The segments of a trail, the earliest begun first."""
    return sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else []


def lines(path: Path, start: int = 0) -> Iterator[Line]:
    """The complete lines of a segment from an offset on; an incomplete last line may be in the making: it is left."""
    with path.open("rb") as file:
        end = file.seek(start)
        for line in file:
            if not line.endswith(b"\n"):
                return
            end += len(line)
            yield Line(unframe(line), end)


def create(path: Path) -> int:
    """Begin a segment for its owner alone, locked for as long as its writer lives; its name is made durable."""
    with _alone_in(path.parent):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sync_directory(path.parent)
    return descriptor


def repair(directory: Path) -> None:
    """Put in order what dead writers left in a directory."""
    with _alone_in(directory):
        for path in segments(directory):
            _repair_segment(path)


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Keep other processes from beginning or repairing segments: one just begun looks like a dead writer's."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _repair_segment(path: Path) -> None:
    """Move the torn end of a dead writer's segment aside; delete a segment in which nothing was ever written.

    Only what follows the last good line is cut: it was never acknowledged, for an acknowledged line had been synced
    whole. Damage before a good line is something else; it is left as it is, and readers report it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # its writer lives
        size = os.fstat(descriptor).st_size
        good = max((line.end for line in lines(path) if line.text is not None), default=0)
        if good < size:
            _move_aside(path, descriptor, good, size)
        if good == 0:
            with suppress(FileNotFoundError):
                path.unlink()
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _move_aside(path: Path, descriptor: int, good: int, size: int) -> None:
    torn = path.with_name(path.name + TORN_SUFFIX)
    copy = os.open(torn, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(os.pread(descriptor, size - good, good))
        while rest:
            rest = rest[os.write(copy, rest) :]
        os.fsync(copy)
    finally:
        os.close(copy)
    sync_directory(path.parent)
    os.ftruncate(descriptor, good)
    os.fsync(descriptor)
