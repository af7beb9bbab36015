"""The external key store: a KMS key is two keys, one sealed here and one of an external key manager's.

A backing key's `wrapped` seals 32 bytes of our own and the id of the external key behind them, so that a record that
was changed or moved in the store leads to no other key. A ciphertext needs both to open.
Source: KMS Developer Guide, "How double encryption works".
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from keyservice.crypto.ciphertext import IV_LENGTH, NONCE_LENGTH, Header
from keyservice.crypto.ciphertext_double import InnerCiphertextError, Outer, open_double, seal_double
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.material import material_id
from keyservice.crypto.specs import SYMMETRIC_DEFAULT
from keyservice.crypto.wrapping import IV_LENGTH as WRAP_IV_LENGTH
from keyservice.crypto.wrapping import SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.errors import CUSTOM_KEY_STORE_NOT_FOUND, INVALID_CIPHERTEXT, KMS_INTERNAL, ServiceError
from keyservice.ids import uuid_text
from keyservice.keystore.request_metadata import INTERNAL, RequestMetadata
from keyservice.keystore.xks_api import XksApi
from keyservice.keystore.xks_faults import XksError, XksFault
from keyservice.keystore.xks_proxies import XksProxies
from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.key import BackingKey, Key
from keyservice.store.port import Store

RECORD_TYPE = "xks-key"
MATERIAL_LENGTH = SYMMETRIC_DEFAULT.size


class XksKeyStore:
    """The part of a KeyStore that external key stores have: symmetric encryption keys. `random` is fit for keys."""

    def __init__(
        self,
        domain_key: bytes,
        *,
        root_id: str,
        store: Store,
        proxies: XksProxies,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._domain_key = domain_key
        self._root_id = root_id
        self._header_key = derive(domain_key, Purpose.HEADER, b"")
        self._material_id_key = derive(domain_key, Purpose.MATERIAL_ID, b"")
        self._store = store
        self.proxies = proxies
        self._random = random

    def generate(self, key: Key, now: float, metadata: RequestMetadata | None = None) -> BackingKey:
        """Our half of the material, once the external key is known to be the other.

        Raises:
            ServiceError: what CreateKey tells of an external key or a proxy that is not as it must be.
        """
        if key.spec != SYMMETRIC_DEFAULT.name or key.xks_key_id is None:
            raise _internal("an external key store has keys of an external key alone, for symmetric encryption")
        store = self._custom_key_store(key.region, key.custom_key_store_id)
        try:
            self.proxies.api(store).check_key(key.xks_key_id, metadata or INTERNAL)
        except XksError as error:
            raise error.when_making() from None
        backing_key_id, material = uuid_text(self._random(16)), self._random(MATERIAL_LENGTH)
        return BackingKey(
            account=key.account,
            region=key.region,
            key_id=key.key_id,
            backing_key_id=backing_key_id,
            created=now,
            material_id=material_id(self._material_id_key, key.key_id, material),
            wrapped=wrap(
                self._domain_key,
                self._identity(key.account, key.key_id, backing_key_id),
                salt=self._random(SALT_LENGTH),
                iv=self._random(WRAP_IV_LENGTH),
                material=material + key.xks_key_id.encode("ascii"),
            ),
            custom_key_store_id=key.custom_key_store_id,
            external=True,
        )

    def encrypt(
        self,
        key: Key,
        backing: BackingKey,
        plaintext: bytes,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,
    ) -> bytes:
        """The ciphertext blob, encrypted here and then outside."""
        if backing.key_id != key.key_id:
            raise _internal("the backing key belongs to another key")
        material, xks_key_id = self._halves(backing)

        def outside(inner: bytes, bound: bytes) -> tuple[bytes, Outer]:
            return self._api(backing).encrypt(xks_key_id, inner, bound, metadata or _internal_use(backing))

        fresh = self._random(NONCE_LENGTH + IV_LENGTH)
        try:
            return seal_double(
                material,
                self._header_key,
                names=(backing.key_id, backing.backing_key_id),
                nonce=fresh[:NONCE_LENGTH],
                iv=fresh[NONCE_LENGTH:],
                plaintext=plaintext,
                context=context,
                encrypt=outside,
            )
        except XksError as error:
            raise error.when_used() from None

    def decrypt(
        self,
        backing: BackingKey,
        header: Header,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,
    ) -> bytes:
        """The plaintext, decrypted outside and then here.

        Raises:
            ServiceError: KMSInvalidStateException also of a ciphertext or an encryption context that is not the
                message's: just this kind of key has that of AWS ("Decryption errors", external key stores).
        """
        if (backing.key_id, backing.backing_key_id) != (header.key_id, header.backing_key_id):
            raise INVALID_CIPHERTEXT()
        material, xks_key_id = self._halves(backing)

        def outside(body: bytes, bound: bytes, outer: Outer) -> bytes:
            return self._api(backing).decrypt(xks_key_id, body, bound, outer, metadata or _internal_use(backing))

        try:
            return open_double(material, header, context, outside)
        except InnerCiphertextError:
            told = XksError(XksFault.WRONG_PLAINTEXT, "what the proxy decrypted is not what was encrypted")
            raise told.when_used() from None
        except XksError as error:
            raise error.when_used() from None

    def _api(self, backing: BackingKey) -> XksApi:
        return self.proxies.api(self._custom_key_store(backing.region, backing.custom_key_store_id))

    def _custom_key_store(self, region: str, custom_key_store_id: str | None) -> CustomKeyStore:
        store = self._store.custom_key_store(region, custom_key_store_id or "")
        if store is None:
            raise CUSTOM_KEY_STORE_NOT_FOUND(id=custom_key_store_id)
        return store

    def _halves(self, backing: BackingKey) -> tuple[bytes, str]:
        """Our material, and the id of the external key."""
        record = self._identity(backing.account, backing.key_id, backing.backing_key_id)
        try:
            opened = unwrap(self._domain_key, record, backing.wrapped)
        except UnwrapError:
            raise _internal(f"backing key {backing.backing_key_id} does not unwrap") from None
        return opened[:MATERIAL_LENGTH], opened[MATERIAL_LENGTH:].decode("ascii")

    def _identity(self, account: str, key_id: str, backing_key_id: str) -> RecordIdentity:
        return RecordIdentity(
            type=RECORD_TYPE,
            root_id=self._root_id,
            account=account,
            key_id=key_id,
            backing_key_id=backing_key_id,
            spec=SYMMETRIC_DEFAULT.name,
        )


def _internal_use(backing: BackingKey) -> RequestMetadata:
    """Of a use of a key that no call has caused: the key is told always ("Encrypt", kmsKeyArn)."""
    return replace(INTERNAL, key_arn=f"arn:aws:kms:{backing.region}:{backing.account}:key/{backing.key_id}")


def _internal(secondary: str) -> ServiceError:
    """Our own fault: the caller learns nothing, the trail what was wrong."""
    return ServiceError(KMS_INTERNAL, KMS_INTERNAL.message, secondary=secondary)
