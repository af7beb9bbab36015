"""The root key: 32 random bytes, and a public id that follows from them. How it is kept is a matter of its sealing."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.material import material_id

KEY_LENGTH = 32
ID_LENGTH = 16

Random = Callable[[int], bytes]


class UnsealError(Exception):
    """The service's keys cannot be unsealed; the message is one line, for the person who starts the service."""


class RootKeyError(UnsealError):
    """The root key's file is missing, unsafe, damaged, or cannot be created."""


class RootKeyExistsError(RootKeyError):
    """There is a file already: a root key is never overwritten by a new one."""


class RootSealedError(UnsealError):
    """The root key is sealed by something that this process has not been given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """The root key and its public id, 32 hexadecimal digits."""

    root_id: str
    key: bytes = field(repr=False)


def root_of(key: bytes) -> RootKey:
    """The root key of 32 bytes, with its id, which is derived one-way, so that it may be published."""
    mac = material_id(derive(key, Purpose.MATERIAL_ID, b""), "root", key)
    return RootKey(root_id=mac[: 2 * ID_LENGTH], key=key)


def make_root(random: Random = os.urandom) -> RootKey:
    """A fresh root key."""
    return root_of(random(KEY_LENGTH))
