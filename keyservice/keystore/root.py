"""The root key, sealed by an owner-only file: whoever can read the file can open every key, and nobody else can.

magic    16 bytes, `wardkey-root-v1` and a line feed
key      32 random bytes
root id  16 bytes, a MAC of the key under itself: it tells a damaged file, and names the key in public
"""

import errno
import hmac
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.material import material_id

MAGIC = b"wardkey-root-v1\n"
KEY_LENGTH = 32
ID_LENGTH = 16
FILE_LENGTH = len(MAGIC) + KEY_LENGTH + ID_LENGTH
OWNER_ONLY = 0o600


class UnsealError(Exception):
    """The service's keys cannot be unsealed; the message is one line, for the person who starts the service."""


class RootKeyError(UnsealError):
    """The root key's file is missing, unsafe, damaged, or cannot be created."""


class RootKeyExistsError(RootKeyError):
    """There is a file already: a root key is never overwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """The root key and its public id, 32 hexadecimal digits."""

    root_id: str
    key: bytes = field(repr=False)


def create_root(path: Path, *, random: Callable[[int], bytes] = os.urandom) -> RootKey:
    """Make a root key and its file. The file appears whole, owner-only and durable, or not at all.

    Raises:
        RootKeyError: if it exists or cannot be written.
    """
    key = random(KEY_LENGTH)
    root_id = _root_id(key)
    # Written beside and then linked: a link, unlike a rename, never replaces a file that is there.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            _write_owner_only(draft, MAGIC + key + root_id)
            os.link(draft, path, follow_symlinks=False)
        finally:
            draft.unlink(missing_ok=True)
        _sync_directory(path.parent)
    except FileExistsError:
        raise RootKeyExistsError(f"the root key file `{path}` exists already") from None
    except OSError as error:
        raise RootKeyError(f"cannot create the root key file `{path}`: {error.strerror}") from None
    return RootKey(root_id=root_id.hex(), key=key)


def open_root(path: Path) -> RootKey:
    """The root key in the file.

    Raises:
        RootKeyError: if the file is missing, a symbolic link, not this user's, open to others, or damaged.
    """
    content = _read_owner_only(path)
    if len(content) != FILE_LENGTH:
        raise RootKeyError(f"the root key file `{path}` has a wrong size; expected {FILE_LENGTH} bytes")
    if not content.startswith(MAGIC):
        raise RootKeyError(f"the file `{path}` is not a root key of a known version")
    key, root_id = content[len(MAGIC) : -ID_LENGTH], content[-ID_LENGTH:]
    if not hmac.compare_digest(_root_id(key), root_id):
        raise RootKeyError(f"the root key file `{path}` is damaged: its checksum does not match")
    return RootKey(root_id=root_id.hex(), key=key)


def _root_id(key: bytes) -> bytes:
    """Derived one-way, so that it may be published."""
    return bytes.fromhex(material_id(derive(key, Purpose.MATERIAL_ID, b""), "root", key))[:ID_LENGTH]


def _write_owner_only(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    """Make the file's name durable too (fsync(2): syncing a file does not sync the directory that names it)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_owner_only(path: Path) -> bytes:
    """What the file holds, and one byte more than a root key at most."""
    try:
        # Non-blocking, so that a named pipe in the file's place is refused and not waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise RootKeyError(f"cannot open the root key file `{path}`: {reason}") from None
    try:
        # Asked of the open file, not of its name, which could mean another file by now.
        _refuse_unsafe(path, os.fstat(descriptor))
        return os.read(descriptor, FILE_LENGTH + 1)
    except OSError as error:
        raise RootKeyError(f"cannot read the root key file `{path}`: {error.strerror}") from None
    finally:
        os.close(descriptor)


def _refuse_unsafe(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RootKeyError(f"the root key `{path}` is not a regular file")
    if status.st_uid != os.geteuid():
        raise RootKeyError(f"the root key file `{path}` belongs to another user, uid {status.st_uid}")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise RootKeyError(f"the root key file `{path}` is open to others, mode {mode:04o}; run chmod 600 on it")
