"""The domain key: sealed under the root key, kept in the store, never used but to derive from.

It is made once, on the first start. Whatever is missing or does not fit later is a refusal: a new key in its place
would leave every key in the store closed for good.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.keystore.root import RootKey, RootKeyExistsError, UnsealError, create_root, open_root
from keyservice.store.port import Store

SECRET_NAME = "domain-key"  # noqa: S105 - the name of a record, not a secret
RECORD_TYPE = "domain-key"
KEY_LENGTH = 32


class DomainKeyError(UnsealError):
    """The domain key is missing or does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """What a key store is built on."""

    root_id: str
    domain_key: bytes = field(repr=False)


def unseal(store: Store, root_path: Path, *, random: Callable[[int], bytes] = os.urandom) -> Unsealed:
    """The domain key of the store; both it and the root key's file are made if the store is new.

    Raises:
        UnsealError: if anything is missing, unsafe, damaged, or belongs to another store.
    """
    if store.secret(SECRET_NAME) is None:
        _refuse_unless_new(store)
        root = _open_or_create_root(root_path, random)
        return Unsealed(root_id=root.root_id, domain_key=create_domain_key(store, root, random=random))
    root = open_root(root_path)
    return Unsealed(root_id=root.root_id, domain_key=open_domain_key(store, root))


def open_domain_key(store: Store, root: RootKey) -> bytes:
    """The domain key, 32 bytes.

    Raises:
        DomainKeyError: if there is none, or the root key is not the one it is sealed under.
    """
    sealed = store.secret(SECRET_NAME)
    if sealed is None:
        raise DomainKeyError("the store has no domain key")
    try:
        return unwrap(root.key, _identity(root), sealed)
    except UnwrapError:
        raise DomainKeyError(
            f"the store's domain key does not open under root key {root.root_id}: the root key is another store's, or"
            " the record is damaged"
        ) from None


def create_domain_key(store: Store, root: RootKey, *, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """Make the domain key of a new store, or open the one that another process has just made.

    Raises:
        DomainKeyError: if the store is not new.
    """
    with store.change() as change:
        # Changes come one at a time, so nobody else makes one between this look and the commit.
        if store.secret(SECRET_NAME) is None:
            _refuse_unless_new(store)
            salt, iv = random(SALT_LENGTH), random(IV_LENGTH)
            change.put_secret(
                SECRET_NAME, wrap(root.key, _identity(root), salt=salt, iv=iv, material=random(KEY_LENGTH))
            )
    return open_domain_key(store, root)


def _refuse_unless_new(store: Store) -> None:
    """A store is new until it has an account: no key comes before one."""
    if store.accounts():
        raise DomainKeyError("the store holds accounts but no domain key: it is damaged, restore it from a backup")


def _open_or_create_root(path: Path, random: Callable[[int], bytes]) -> RootKey:
    """The root key of a new store: a file may be there, made by an earlier start that stopped, or by the owner."""
    try:
        return create_root(path, random=random)
    except RootKeyExistsError:
        return open_root(path)


def _identity(root: RootKey) -> RecordIdentity:
    return RecordIdentity(type=RECORD_TYPE, root_id=root.root_id)
