"""The key store that the service asks: each key's own, software, an HSM or an external key store."""

from collections.abc import Iterable, Mapping

from keyservice.crypto.ciphertext import Header
from keyservice.keystore.hsm import HsmKeyStore
from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.keystore.software import SoftwareKeyStore
from keyservice.keystore.xks import XksKeyStore
from keyservice.model.key import BackingKey, Key, Origin


class RoutingKeyStore(SoftwareKeyStore):
    """The software key store, which leaves to `hsm` and `xks` what belongs to custom key stores.

    Those have symmetric encryption keys alone, so that every operation of another kind of key is software's; headers
    and random bytes are the same wherever a key is (KMS Developer Guide, "Custom key stores").
    """

    def __init__(self, domain_key: bytes, *, root_id: str, hsm: HsmKeyStore, xks: XksKeyStore) -> None:
        super().__init__(domain_key, root_id=root_id)
        self._hsm = hsm
        self._xks = xks

    def generate(self, key: Key, now: float, metadata: RequestMetadata | None = None) -> BackingKey:
        """Fresh material, where the key is."""
        if key.origin is Origin.EXTERNAL_KEY_STORE:
            return self._xks.generate(key, now, metadata)
        return self._hsm.generate(key, now) if key.custom_key_store_id else super().generate(key, now)

    def encrypt(
        self,
        key: Key,
        backing: BackingKey,
        plaintext: bytes,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,
    ) -> bytes:
        """The ciphertext blob."""
        if backing.external:
            return self._xks.encrypt(key, backing, plaintext, context, metadata)
        if backing.custom_key_store_id:
            return self._hsm.encrypt(key, backing, plaintext, context)
        return super().encrypt(key, backing, plaintext, context)

    def decrypt(
        self,
        backing: BackingKey,
        header: Header,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,
    ) -> bytes:
        """The plaintext."""
        if backing.external:
            return self._xks.decrypt(backing, header, context, metadata)
        if backing.custom_key_store_id:
            return self._hsm.decrypt(backing, header, context)
        return super().decrypt(backing, header, context)

    def forget(self, backing_keys: Iterable[BackingKey]) -> None:
        """Let go of these keys, wherever they are; an external key is its owner's, and stays."""
        all_of_them = tuple(backing_keys)
        super().forget(backing for backing in all_of_them if not backing.custom_key_store_id)
        self._hsm.forget(backing for backing in all_of_them if backing.custom_key_store_id and not backing.external)
