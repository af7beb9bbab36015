"""The domain key: sealed under the root key, kept in the store, never used but to derive from.

It is made once, on the first start. Whatever is missing or does not fit later is a refusal: a new key in its place
would leave every key in the store closed for good.

What is sealed is the key and, behind it, the id of the root key under which it was first made: its *domain id*, which
every backing key's wrapping is bound to. So another root key seals 48 bytes anew and nothing else. (Stores of the first
release hold the key alone: they have had one root key, and its id is the domain id.)
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.keystore.root import create_root, open_root
from keyservice.keystore.root_files import RootFiles
from keyservice.keystore.root_key import Random, RootKey, RootKeyExistsError, UnsealError
from keyservice.keystore.root_sealing import Ask
from keyservice.store.port import Change, Store

SECRET_NAME = "domain-key"  # noqa: S105 - the name of a record, not a secret
ROOT_ID_NAME = "domain-key-root"
"""Names the record that says, in the open, which root key seals the domain key."""

RECORD_TYPE = "domain-key"
KEY_LENGTH = 32


class DomainKeyError(UnsealError):
    """The domain key is missing or does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The domain key, and the id that wrappings under it are bound to."""

    domain_id: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """What a key store is built on."""

    root: RootKey
    domain: Domain


def unseal(store: Store, root_path: Path, ask: Ask | None = None, *, random: Random = os.urandom) -> Unsealed:
    """The domain key of the store; both it and the root key's file are made if the store is new.

    `ask` gives the passphrase or PIN that the root key may be sealed by.

    Raises:
        UnsealError: if anything is missing, unsafe, damaged, or belongs to another store.
    """
    if store.secret(SECRET_NAME) is None:
        _refuse_unless_new(store)
        root = _open_or_create_root(root_path, ask, random)
        return Unsealed(root=root, domain=create_domain(store, root, random=random))
    wanted = store.secret(ROOT_ID_NAME)
    if wanted is not None:
        RootFiles(root_path).settle(wanted.hex())
    root = open_root(root_path, ask)
    return Unsealed(root=root, domain=open_domain(store, root))


def open_domain_key(store: Store, root: RootKey) -> bytes:
    """The domain key, 32 bytes.

    Raises:
        DomainKeyError: as `open_domain`.
    """
    return open_domain(store, root).key


def open_domain(store: Store, root: RootKey) -> Domain:
    """The domain key and its id.

    Raises:
        DomainKeyError: if there is none, or the root key is not the one it is sealed under.
    """
    sealed = store.secret(SECRET_NAME)
    if sealed is None:
        raise DomainKeyError("the store has no domain key")
    wanted = store.secret(ROOT_ID_NAME)
    if wanted is not None and wanted.hex() != root.root_id:
        raise DomainKeyError(
            f"the store's domain key is sealed under root key {wanted.hex()}, and this is root key {root.root_id};"
            " look in `retired-roots` and in the directories of other nodes"
        )
    try:
        return open_sealed_domain(sealed, root)
    except UnwrapError:
        raise DomainKeyError(
            f"the store's domain key does not open under root key {root.root_id}: the root key is another store's, or"
            " the record is damaged"
        ) from None


def open_sealed_domain(sealed: bytes, root: RootKey) -> Domain:
    """The domain key in its record. Raises UnwrapError."""
    material = unwrap(root.key, _identity(root), sealed)
    key, domain_id = material[:KEY_LENGTH], material[KEY_LENGTH:].hex()
    return Domain(key=key, domain_id=domain_id or root.root_id)


def create_domain(store: Store, root: RootKey, *, random: Random = os.urandom) -> Domain:
    """Make the domain key of a new store, or open the one that another process has just made.

    Raises:
        DomainKeyError: if the store is not new.
    """
    with store.change() as change:
        # Changes come one at a time, so nobody else makes one between this look and the commit.
        if store.secret(SECRET_NAME) is None:
            _refuse_unless_new(store)
            domain = Domain(key=random(KEY_LENGTH), domain_id=root.root_id)
            put_domain_key(change, domain, root, random=random)
    return open_domain(store, root)


def put_domain_key(change: Change, domain: Domain, root: RootKey, *, random: Random = os.urandom) -> None:
    """Keep the domain key sealed under a root key, in place of how it was sealed before."""
    change.put_secret(SECRET_NAME, sealed_domain_key(domain, root, random=random))
    change.put_secret(ROOT_ID_NAME, bytes.fromhex(root.root_id))


def sealed_domain_key(domain: Domain, root: RootKey, *, random: Random = os.urandom) -> bytes:
    """The record of a domain key, sealed under a root key."""
    salt, iv = random(SALT_LENGTH), random(IV_LENGTH)
    material = domain.key + bytes.fromhex(domain.domain_id)
    return wrap(root.key, _identity(root), salt=salt, iv=iv, material=material)


def _refuse_unless_new(store: Store) -> None:
    """A store is new until it has an account: no key comes before one."""
    if store.accounts():
        raise DomainKeyError("the store holds accounts but no domain key: it is damaged, restore it from a backup")


def _open_or_create_root(path: Path, ask: Ask | None, random: Random) -> RootKey:
    """The root key of a new store: a file may be there, made by an earlier start that stopped, or by the owner."""
    try:
        return create_root(path, random=random)
    except RootKeyExistsError:
        return open_root(path, ask)


def _identity(root: RootKey) -> RecordIdentity:
    return RecordIdentity(type=RECORD_TYPE, root_id=root.root_id)
