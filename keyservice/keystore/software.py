"""The software key store: material is wrapped under the domain key at rest, and plain only in this memory."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from keyservice.crypto.ciphertext import IV_LENGTH, NONCE_LENGTH, Header, open_message, parse_header, seal_message
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.material import material_id
from keyservice.crypto.specs import KEY_SPECS, SYMMETRIC_DEFAULT
from keyservice.crypto.wrapping import SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.errors import INVALID_CIPHERTEXT, KMS_INTERNAL, ServiceError
from keyservice.ids import uuid_text
from keyservice.model.key import BackingKey, Key

RECORD_TYPE = "backing-key"
CACHED_KEYS = 4096  # unwrapped backing keys held in memory, about 1 MB

# The sealed bytes are part of the name, so that a record changed in the store is never answered from memory.
_CacheName = tuple[str, str, str, bytes]


class SoftwareKeyStore:
    """A KeyStore over a domain key of 32 bytes. `random` gives bytes fit for keys."""

    def __init__(
        self,
        domain_key: bytes,
        *,
        root_id: str,
        random: Callable[[int], bytes] = os.urandom,
        cached_keys: int = CACHED_KEYS,
    ) -> None:
        self._domain_key = domain_key
        self._root_id = root_id
        self._header_key = derive(domain_key, Purpose.HEADER, b"")
        self._material_id_key = derive(domain_key, Purpose.MATERIAL_ID, b"")
        self._unwrapped = _BoundedCache(cached_keys)
        self._random = random

    def generate(self, key: Key, now: float) -> BackingKey:
        """Fresh sealed material of the length that the key's spec has."""
        backing_key_id = uuid_text(self._random(16))
        material = self._random(KEY_SPECS[key.spec].material_length)
        record = self._identity(key.account, key.key_id, backing_key_id, key.spec)
        salt, iv = self._random(SALT_LENGTH), self._random(IV_LENGTH)
        return BackingKey(
            account=key.account,
            region=key.region,
            key_id=key.key_id,
            backing_key_id=backing_key_id,
            created=now,
            material_id=material_id(self._material_id_key, key.key_id, material),
            wrapped=wrap(self._domain_key, record, salt=salt, iv=iv, material=material),
        )

    def encrypt(self, key: Key, backing: BackingKey, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """The ciphertext blob; the backing key must be one of the key's."""
        if backing.key_id != key.key_id:
            raise _internal("the backing key belongs to another key")
        fresh = self._random(NONCE_LENGTH + IV_LENGTH)
        return seal_message(
            self._symmetric(backing),
            self._header_key,
            key_id=backing.key_id,
            backing_key_id=backing.backing_key_id,
            nonce=fresh[:NONCE_LENGTH],
            iv=fresh[NONCE_LENGTH:],
            plaintext=plaintext,
            context=context,
        )

    def header(self, blob: bytes) -> Header:
        """The header of an authentic blob."""
        return parse_header(self._header_key, blob)

    def decrypt(self, backing: BackingKey, header: Header, context: Mapping[str, str]) -> bytes:
        """The plaintext, if the backing key is the one that the header names."""
        if (backing.key_id, backing.backing_key_id) != (header.key_id, header.backing_key_id):
            raise INVALID_CIPHERTEXT()
        return open_message(self._symmetric(backing), header, context)

    def random(self, length: int) -> bytes:
        """Random bytes from the operating system, or from what the store was given."""
        return self._random(length)

    def forget(self, backing_keys: Iterable[BackingKey]) -> None:
        """Drop the unwrapped material from memory."""
        for backing in backing_keys:
            self._unwrapped.drop(_cache_name(backing))

    def _symmetric(self, backing: BackingKey) -> bytes:
        """The material of a symmetric encryption key: the spec is part of the wrapping, so nothing else opens here."""
        name = _cache_name(backing)
        material = self._unwrapped.get(name)
        if material is None:
            material = self._unwrap(backing, SYMMETRIC_DEFAULT.name)
            self._unwrapped.put(name, material)
        return material

    def _unwrap(self, backing: BackingKey, spec: str) -> bytes:
        record = self._identity(backing.account, backing.key_id, backing.backing_key_id, spec)
        try:
            return unwrap(self._domain_key, record, backing.wrapped)
        except UnwrapError:
            # The caller's request is fine and our record is not: the store is damaged or was tampered with.
            raise _internal(f"backing key {backing.backing_key_id} does not unwrap") from None

    def _identity(self, account: str, key_id: str, backing_key_id: str, spec: str) -> RecordIdentity:
        return RecordIdentity(
            type=RECORD_TYPE,
            root_id=self._root_id,
            account=account,
            key_id=key_id,
            backing_key_id=backing_key_id,
            spec=spec,
        )


class _BoundedCache:
    """Unwrapped material by name, the least recently used leaving first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[_CacheName, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, name: _CacheName) -> bytes | None:
        with self._lock:
            material = self._entries.get(name)
            if material is not None:
                self._entries.move_to_end(name)
            return material

    def put(self, name: _CacheName, material: bytes) -> None:
        with self._lock:
            self._entries[name] = material
            self._entries.move_to_end(name)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def drop(self, name: _CacheName) -> None:
        with self._lock:
            self._entries.pop(name, None)


def _cache_name(backing: BackingKey) -> _CacheName:
    return backing.account, backing.key_id, backing.backing_key_id, backing.wrapped


def _internal(secondary: str) -> ServiceError:
    """Our own fault: the caller learns nothing, the trail what was wrong."""
    return ServiceError(KMS_INTERNAL, KMS_INTERNAL.message, secondary=secondary)
