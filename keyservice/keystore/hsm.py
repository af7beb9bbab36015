"""The hardware key store: keys are made in an HSM's token, stay there, and are used there.

A backing key's `wrapped` is the sealed id of its object in the HSM, 16 random bytes. Sealed, so that a record that was
changed or moved in the store finds no other key; under a type of its own, so that it never passes for key material.
What the HSM loses is lost. Each key encrypts messages directly, and so ends after 2^32 of them, which are counted.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from keyservice.crypto.ciphertext import Header, parse_header
from keyservice.crypto.ciphertext_outside import MOST_MESSAGES, bound_outside, seal_outside
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.material import material_id
from keyservice.crypto.specs import SYMMETRIC_DEFAULT
from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.errors import (
    CUSTOM_KEY_STORE_NOT_FOUND,
    CUSTOM_KEY_STORE_UNREACHABLE,
    DEPENDENCY_TIMEOUT,
    HSM_DISCONNECTED,
    HSM_KEY_EXHAUSTED,
    HSM_MATERIAL_MISSING,
    HSM_UNREACHABLE,
    INVALID_CIPHERTEXT,
    KMS_INTERNAL,
    ServiceError,
)
from keyservice.ids import uuid_text
from keyservice.keystore.clusters import Clusters
from keyservice.keystore.token import NoSuchMaterialError, Token, TokenError, TokenTimeoutError, WrongCiphertextError
from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.key import BackingKey, Key
from keyservice.store.port import Store

log = logging.getLogger("keyservice")
T = TypeVar("T")

RECORD_TYPE = "hsm-key"
OBJECT_ID_LENGTH = 16
COUNTED_AT_ONCE = 65_536  # messages: a restart wastes at most as many of a key's 2^32


class HsmKeyStore:
    """The half of a KeyStore that an HSM has: symmetric encryption keys. `random` gives ids."""

    def __init__(
        self,
        domain_key: bytes,
        *,
        root_id: str,
        store: Store,
        clusters: Clusters,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._domain_key = domain_key
        self._root_id = root_id
        self._header_key = derive(domain_key, Purpose.HEADER, b"")
        self._material_id_key = derive(domain_key, Purpose.MATERIAL_ID, b"")
        self._store = store
        self.clusters = clusters
        self._random = random
        self._counting = Lock()
        self._left: dict[tuple[str, str, str], int] = {}

    def generate(self, key: Key, now: float) -> BackingKey:
        """A fresh key in the HSM of the key's custom key store."""
        if key.spec != SYMMETRIC_DEFAULT.name:
            raise _internal(f"a custom key store makes no key of spec {key.spec}")
        store = self._custom_key_store(key.region, key.custom_key_store_id)
        object_id = self._random(OBJECT_ID_LENGTH)
        backing_key_id = uuid_text(self._random(16))
        self._manage(store, lambda token: token.generate(object_id))
        return BackingKey(
            account=key.account,
            region=key.region,
            key_id=key.key_id,
            backing_key_id=backing_key_id,
            created=now,
            # Of the object's id, since nobody knows the material; the API does not show it (KeyMetadata).
            material_id=material_id(self._material_id_key, key.key_id, object_id),
            wrapped=wrap(
                self._domain_key,
                self._identity(key.account, key.key_id, backing_key_id),
                salt=self._random(SALT_LENGTH),
                iv=self._random(IV_LENGTH),
                material=object_id,
            ),
            custom_key_store_id=key.custom_key_store_id,
        )

    def encrypt(self, key: Key, backing: BackingKey, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """The ciphertext blob, encrypted in the HSM."""
        if backing.key_id != key.key_id:
            raise _internal("the backing key belongs to another key")
        self._count(backing)
        object_id = self._object_id(backing)
        return seal_outside(
            self._header_key,
            key_id=backing.key_id,
            backing_key_id=backing.backing_key_id,
            context=context,
            encrypt=lambda bound: self._use(backing, lambda token: token.encrypt(object_id, plaintext, bound)),
        )

    def header(self, blob: bytes) -> Header:
        """The header of an authentic blob."""
        return parse_header(self._header_key, blob)

    def decrypt(self, backing: BackingKey, header: Header, context: Mapping[str, str]) -> bytes:
        """The plaintext, decrypted in the HSM."""
        if (backing.key_id, backing.backing_key_id) != (header.key_id, header.backing_key_id):
            raise INVALID_CIPHERTEXT()
        bound = bound_outside(header, context)
        object_id = self._object_id(backing)
        try:
            return self._use(backing, lambda token: token.decrypt(object_id, header.iv, header.body, bound))
        except WrongCiphertextError:
            raise INVALID_CIPHERTEXT() from None

    def random_of(self, store: CustomKeyStore, length: int) -> bytes:
        """Random bytes of the HSM's ("GenerateRandom", CustomKeyStoreId)."""
        return self._manage(store, lambda token: token.random(length))

    def forget(self, backing_keys: Iterable[BackingKey]) -> None:
        """Destroy the keys in the HSM, as far as that can be done ("DeleteCustomKeyStore": a best effort)."""
        for backing in backing_keys:
            self._left.pop(_name(backing), None)
            try:
                self._destroy(backing)
            except ServiceError as error:
                log.warning(
                    "the material of key %s is left over in custom key store %s: %s",
                    backing.key_id,
                    backing.custom_key_store_id,
                    error.secondary or error.message,
                )

    def _destroy(self, backing: BackingKey) -> None:
        object_id = self._object_id(backing)
        self._use(backing, lambda token: token.destroy(object_id))

    def _use(self, backing: BackingKey, call: Callable[[Token], T]) -> T:
        """What a call to the token of a backing key gives, or why not in AWS's words."""
        store = self._custom_key_store(backing.region, backing.custom_key_store_id)
        if not store.is_connected:
            raise HSM_DISCONNECTED(id=store.custom_key_store_id)
        try:
            return self.clusters.use(store, call, object_id=self._object_id(backing))
        except TokenError as error:
            raise _told(HSM_UNREACHABLE(), error) from None
        except NoSuchMaterialError:
            raise HSM_MATERIAL_MISSING(key=backing.key_id) from None
        except TokenTimeoutError:
            raise DEPENDENCY_TIMEOUT() from None

    def _manage(self, store: CustomKeyStore, call: Callable[[Token], T]) -> T:
        """What a call to a store's token gives that needs no key."""
        try:
            return self.clusters.use(store, call)
        except TokenError as error:
            raise _told(CUSTOM_KEY_STORE_UNREACHABLE(id=store.custom_key_store_id), error) from None
        except TokenTimeoutError:
            raise DEPENDENCY_TIMEOUT() from None

    def _custom_key_store(self, region: str, custom_key_store_id: str | None) -> CustomKeyStore:
        store = self._store.custom_key_store(region, custom_key_store_id or "")
        if store is None:
            raise CUSTOM_KEY_STORE_NOT_FOUND(id=custom_key_store_id)
        return store

    def _count(self, backing: BackingKey) -> None:
        """Count a message that is to be encrypted under the key.

        Raises:
            ServiceError: KMSInvalidStateException if there have been as many as its IVs are safe for.
        """
        name = _name(backing)
        with self._counting:
            left = self._left.get(name, 0) or self._reserve(backing)
            self._left[name] = left - 1

    def _reserve(self, backing: BackingKey) -> int:
        """Count messages ahead, in the store: however the process ends, none goes uncounted."""
        with self._store.change() as change:
            kept = change.backing_keys(backing.region, backing.key_id)
            current = next((each for each in kept if each.backing_key_id == backing.backing_key_id), None)
            if current is None:
                raise _internal("the backing key is not recorded")
            counted = current.messages + COUNTED_AT_ONCE
            if counted > MOST_MESSAGES:
                raise HSM_KEY_EXHAUSTED(key=backing.key_id)
            change.put_backing_key(replace(current, messages=counted))
        return COUNTED_AT_ONCE

    def _object_id(self, backing: BackingKey) -> bytes:
        record = self._identity(backing.account, backing.key_id, backing.backing_key_id)
        try:
            return unwrap(self._domain_key, record, backing.wrapped)
        except UnwrapError:
            raise _internal(f"backing key {backing.backing_key_id} does not unwrap") from None

    def _identity(self, account: str, key_id: str, backing_key_id: str) -> RecordIdentity:
        return RecordIdentity(
            type=RECORD_TYPE,
            root_id=self._root_id,
            account=account,
            key_id=key_id,
            backing_key_id=backing_key_id,
            spec=SYMMETRIC_DEFAULT.name,
        )


def _name(backing: BackingKey) -> tuple[str, str, str]:
    return backing.region, backing.key_id, backing.backing_key_id


def _told(error: ServiceError, why: Exception) -> ServiceError:
    """The error with what the trail may say of its cause."""
    return ServiceError(error.kind, error.message, secondary=str(why))


def _internal(secondary: str) -> ServiceError:
    """Our own fault: the caller learns nothing, the trail what was wrong."""
    return ServiceError(KMS_INTERNAL, KMS_INTERNAL.message, secondary=secondary)
