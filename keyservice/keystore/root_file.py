"""Files that only their owner may read, and that appear whole and durable or not at all."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keyservice.keystore.root_key import RootKeyError, RootKeyExistsError

OWNER_ONLY = 0o600
LARGEST = 16_384
"""Bytes: more than any sealed root key."""


def create(path: Path, content: bytes) -> None:
    """Make a new file.

    Raises:
        RootKeyError: if it exists or cannot be written.
    """
    try:
        # Written beside and then linked: a link, unlike a rename, never replaces a file that is there.
        with _drafted(path, content) as draft:
            os.link(draft, path, follow_symlinks=False)
        sync_directory(path.parent)
    except FileExistsError:
        raise RootKeyExistsError(f"the root key file `{path}` exists already") from None
    except OSError as error:
        raise RootKeyError(f"cannot create the root key file `{path}`: {error.strerror}") from None


def replace(path: Path, content: bytes) -> None:
    """Write a file in place of the one that is there, whose content is then overwritten as far as that can be done.

    What a file system or a disk keeps of older blocks is out of reach: only a new root key makes that worthless.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            with _drafted(path, content) as draft:
                draft.replace(path)
            sync_directory(path.parent)
            status = os.fstat(descriptor)
            if status.st_nlink == 0:  # no other name, such as a retired root key's
                os.pwrite(descriptor, bytes(status.st_size), 0)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise RootKeyError(f"cannot write the root key file `{path}`: {error.strerror}") from None


def read(path: Path) -> bytes:
    """What the file holds.

    Raises:
        RootKeyError: if the file is missing, a symbolic link, not this user's, open to others, or far too large.
    """
    try:
        # Non-blocking, so that a named pipe in the file's place is refused and not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise RootKeyError(f"cannot open the root key file `{path}`: {reason}") from None
    try:
        # Asked of the open file, not of its name, which could mean another file by now.
        _refuse_unsafe(path, os.fstat(descriptor))
        return os.read(descriptor, LARGEST)
    except OSError as error:
        raise RootKeyError(f"cannot read the root key file `{path}`: {error.strerror}") from None
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make a file's name durable too (fsync(2): syncing a file does not sync the directory that names it)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _drafted(path: Path, content: bytes) -> Iterator[Path]:
    """The content in a file beside, durable; what is left under that name afterwards is removed."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _refuse_unsafe(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyError(f"the root key `{path}` is not a regular file")
    if status.st_uid != os.geteuid():
        raise RootKeyError(f"the root key file `{path}` belongs to another user, uid {status.st_uid}")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise RootKeyError(f"the root key file `{path}` is open to others, mode {mode:04o}; run chmod 600 on it")
