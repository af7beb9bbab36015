"""The root key's file: made, opened, and exchanged for another. Everything else that is sealed opens only under it."""

import os
from pathlib import Path

from keyservice.keystore import root_file
from keyservice.keystore.configured import open_pkcs11
from keyservice.keystore.root_key import Random, RootKey, RootKeyError, RootKeyExistsError, UnsealError, make_root
from keyservice.keystore.root_sealing import (
    Ask,
    FileSealing,
    SealedRoot,
    Sealing,
    SealingKind,
    look_at,
    open_sealed,
)

__all__ = [
    "RootKey",
    "RootKeyError",
    "RootKeyExistsError",
    "UnsealError",
    "create_root",
    "is_sealed",
    "look_at_root",
    "open_root",
    "reseal_root",
    "write_root",
]


def create_root(path: Path, sealing: Sealing | None = None, *, random: Random = os.urandom) -> RootKey:
    """Make a root key and its file. The file appears whole, owner-only and durable, or not at all.

    Raises:
        UnsealError: if it exists, cannot be written, or cannot be sealed so.
    """
    root = make_root(random)
    write_root(path, root, sealing or FileSealing(), random=random)
    return root


def write_root(path: Path, root: RootKey, sealing: Sealing, *, random: Random = os.urandom) -> None:
    """Make the file of a root key.

    Raises:
        UnsealError: as `create_root`.
    """
    if path.exists():
        # Before an HSM makes a key for it.
        raise RootKeyExistsError(f"the root key file `{path}` exists already")
    root_file.create(path, sealing.seal(root, random))


def open_root(path: Path, ask: Ask | None = None) -> RootKey:
    """The root key in the file; `ask` gives the passphrase or PIN that it may be sealed by.

    Raises:
        RootKeyError: if the file is missing, a symbolic link, not this user's, open to others, or damaged.
        RootSealedError, WrongSecretError, UnsealError: if it does not open.
    """
    return open_sealed(root_file.read(path), str(path), ask, open_pkcs11)


def look_at_root(path: Path) -> SealedRoot:
    """How a root key is sealed, and its id.

    Raises:
        RootKeyError: as `open_root`.
    """
    return look_at(root_file.read(path), str(path))


def is_sealed(path: Path) -> bool:
    """Whether a root key is there that takes a passphrase or a PIN. Raises RootKeyError as `open_root`."""
    return path.exists() and look_at_root(path).kind is not SealingKind.FILE


def reseal_root(path: Path, root: RootKey, sealing: Sealing, *, random: Random = os.urandom) -> None:
    """Write the file of the same root key anew, in place of the one that is there.

    Raises:
        UnsealError: if it cannot be; the file is then what it was.
    """
    if look_at_root(path).root_id != root.root_id:
        raise RootKeyError(f"the root key file `{path}` holds another root key than {root.root_id}")
    root_file.replace(path, sealing.seal(root, random))
