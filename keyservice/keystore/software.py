"""The software key store: material is wrapped under the domain key at rest, and plain only in this memory."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from keyservice.crypto import agreement, keypair, oaep, signing
from keyservice.crypto.ciphertext import IV_LENGTH, NONCE_LENGTH, Header, open_message, parse_header, seal_message
from keyservice.crypto.imported import read_material
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.keypair import KeyPair
from keyservice.crypto.mac import generate_mac
from keyservice.crypto.material import material_id
from keyservice.crypto.specs import KEY_SPECS, SYMMETRIC_DEFAULT
from keyservice.crypto.wrapping import SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.errors import INVALID_CIPHERTEXT, KMS_INTERNAL, ServiceError
from keyservice.ids import uuid_text
from keyservice.keystore.cache import BoundedCache, CacheName
from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.model.key import BackingKey, ImportedMaterial, Key

RECORD_TYPE = "backing-key"
CACHED_KEYS = 4096  # unwrapped backing keys held in memory, about 1 MB
CACHED_PAIRS = 1024  # key pairs ready for use; an ML_DSA_87 one takes 43 kB, others less


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
        self._unwrapped = BoundedCache[tuple[str, bytes]](cached_keys)
        self._pairs = BoundedCache[KeyPair](min(cached_keys, CACHED_PAIRS))
        self._random = random

    def generate(self, key: Key, now: float, metadata: RequestMetadata | None = None) -> BackingKey:  # noqa: ARG002 - of the port
        """Fresh sealed material: random bytes, or a private key as PKCS #8."""
        spec = KEY_SPECS[key.spec]
        backing_key_id = uuid_text(self._random(16))
        material = keypair.write_private(keypair.generate(spec)) if spec.is_asymmetric else self._random(spec.size)
        return self._seal(key, backing_key_id, material, now)

    def import_material(self, key: Key, material: bytes, now: float) -> BackingKey:
        """The customer's material, sealed; its backing key id is made of the material id, which is a MAC."""
        canonical = read_material(KEY_SPECS[key.spec], material)
        name = material_id(self._material_id_key, key.key_id, canonical)
        backing = self._seal(key, uuid_text(bytes.fromhex(name)[:16]), canonical, now)
        return replace(backing, imported=ImportedMaterial())

    def encrypt(
        self,
        key: Key,
        backing: BackingKey,
        plaintext: bytes,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,  # noqa: ARG002 - of the port
    ) -> bytes:
        """The ciphertext blob; the backing key must be one of the key's."""
        if backing.key_id != key.key_id:
            raise _internal("the backing key belongs to another key")
        fresh = self._random(NONCE_LENGTH + IV_LENGTH)
        return seal_message(
            self._symmetric(backing, SYMMETRIC_DEFAULT.name),
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

    def decrypt(
        self,
        backing: BackingKey,
        header: Header,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,  # noqa: ARG002 - of the port
    ) -> bytes:
        """The plaintext, if the backing key is the one that the header names."""
        if (backing.key_id, backing.backing_key_id) != (header.key_id, header.backing_key_id):
            raise INVALID_CIPHERTEXT()
        return open_message(self._symmetric(backing, SYMMETRIC_DEFAULT.name), header, context)

    def public_key(self, key: Key, backing: BackingKey) -> bytes:
        """The public key, which follows from the sealed private key: what is not sealed could have been exchanged."""
        return keypair.write_public(self._pair(key, backing).public)

    def encrypt_rsa(self, key: Key, backing: BackingKey, algorithm: str, plaintext: bytes) -> bytes:
        """The ciphertext under the public key."""
        return oaep.encrypt(self._pair(key, backing).public, algorithm, plaintext)

    def decrypt_rsa(self, key: Key, backing: BackingKey, algorithm: str, ciphertext: bytes) -> bytes:
        """The plaintext."""
        return oaep.decrypt(self._pair(key, backing).private, algorithm, ciphertext)

    def sign(self, key: Key, backing: BackingKey, algorithm: str, message: bytes, message_type: str) -> bytes:
        """The signature."""
        return signing.sign(self._pair(key, backing).private, algorithm, message, message_type)

    def verify(
        self, key: Key, backing: BackingKey, algorithm: str, message: bytes, message_type: str, signature: bytes
    ) -> None:
        """Return if the signature is the key's."""
        signing.verify(self._pair(key, backing).public, algorithm, message, message_type, signature)

    def mac(self, key: Key, backing: BackingKey, algorithm: str, message: bytes) -> bytes:
        """The MAC."""
        return generate_mac(self._symmetric(backing, key.spec), algorithm, message)

    def agree(self, key: Key, backing: BackingKey, peer: bytes) -> bytes:
        """The shared secret with a peer."""
        return agreement.agree(self._pair(key, backing).private, peer)

    def encapsulate(self, key: Key, backing: BackingKey) -> tuple[bytes, bytes]:
        """A fresh shared secret and its encapsulated form."""
        return agreement.encapsulate(self._pair(key, backing).public)

    def decapsulate(self, key: Key, backing: BackingKey, ciphertext: bytes) -> bytes:
        """The shared secret."""
        return agreement.decapsulate(self._pair(key, backing).private, ciphertext)

    def random(self, length: int) -> bytes:
        """Random bytes from the operating system, or from what the store was given."""
        return self._random(length)

    def forget(self, backing_keys: Iterable[BackingKey]) -> None:
        """Drop the unwrapped material from memory."""
        for backing in backing_keys:
            self._unwrapped.drop(_cache_name(backing))
            self._pairs.drop(_cache_name(backing))

    def _seal(self, key: Key, backing_key_id: str, material: bytes, now: float) -> BackingKey:
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

    def _symmetric(self, backing: BackingKey, spec: str) -> bytes:
        """Random material of a key of this spec: it is part of the wrapping, so nothing else opens here."""
        name = _cache_name(backing)
        known = self._unwrapped.get(name)
        if known is not None and known[0] == spec:
            return known[1]
        material = self._unwrap(backing, spec)
        self._unwrapped.put(name, (spec, material))
        return material

    def _pair(self, key: Key, backing: BackingKey) -> KeyPair:
        """The key pair, ready for use; the encoded private key is not kept beside it."""
        name = _cache_name(backing)
        pair = self._pairs.get(name)
        if pair is None:
            pair = keypair.read_own(self._unwrap(backing, key.spec))
            self._pairs.put(name, pair)
        return pair

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


def _cache_name(backing: BackingKey) -> CacheName:
    return backing.account, backing.key_id, backing.backing_key_id, backing.wrapped


def _internal(secondary: str) -> ServiceError:
    """Our own fault: the caller learns nothing, the trail what was wrong."""
    return ServiceError(KMS_INTERNAL, KMS_INTERNAL.message, secondary=secondary)
