"""The KeyStore port: what the service asks of a place that holds key material. One contract suite holds all to it.

Plaintext key material never crosses the port. A software store seals it into the backing key's `wrapped`; a hardware
store keeps it inside and writes there whatever finds it again. Related multi-Region keys have the same backing keys
under each Region's name: `wrapped` is bound to account, key id and backing key id, and to no Region. Methods may block,
and be called from several threads.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from keyservice.crypto.ciphertext import Header
from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.model.key import BackingKey, Key


class KeyStore(Protocol):
    """A place that holds key material."""

    def generate(self, key: Key, now: float, metadata: RequestMetadata | None = None) -> BackingKey:
        """Fresh material for the key, created at `now` (epoch seconds). The caller records it and makes it current.

        If it is never recorded, its material is lost, or in a hardware store left over, without harm. `metadata`, here
        and below, is for an external key manager, and what no call has caused has none.
        """
        ...

    def import_material(self, key: Key, material: bytes, now: float) -> BackingKey:
        """Material that a customer brought for the key, imported at `now` (epoch seconds). The caller records it.

        Its ids follow from key and material: the same material always has the same ones, so what was encrypted under
        it decrypts again after it was deleted and brought back, and in every Region of a multi-Region key.

        Raises:
            ServiceError: IncorrectKeyMaterialException if it is no material of the key's spec.
        """
        ...

    def encrypt(
        self,
        key: Key,
        backing: BackingKey,
        plaintext: bytes,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,
    ) -> bytes:
        """The ciphertext blob, under this backing key. Nonce and IV are the store's own: hardware may choose."""
        ...

    def header(self, blob: bytes) -> Header:
        """What an authentic blob says about itself, read without touching any key material.

        Raises:
            ServiceError: InvalidCiphertextException, the same whatever is wrong.
        """
        ...

    def decrypt(
        self,
        backing: BackingKey,
        header: Header,
        context: Mapping[str, str],
        metadata: RequestMetadata | None = None,
    ) -> bytes:
        """The plaintext of the message behind the header.

        Raises:
            ServiceError: InvalidCiphertextException if the body, the context or the backing key is not the message's;
                of an external key store KMSInvalidStateException if body or context is not.
        """
        ...

    def public_key(self, key: Key, backing: BackingKey) -> bytes:
        """The public key of a key pair, as SubjectPublicKeyInfo (DER)."""
        ...

    def encrypt_rsa(self, key: Key, backing: BackingKey, algorithm: str, plaintext: bytes) -> bytes:
        """The RSA ciphertext by an encryption algorithm of AWS's; the plaintext must not be too long for it."""
        ...

    def decrypt_rsa(self, key: Key, backing: BackingKey, algorithm: str, ciphertext: bytes) -> bytes:
        """The plaintext of an RSA ciphertext.

        Raises:
            ServiceError: InvalidCiphertextException, the same and in one time whatever is wrong.
        """
        ...

    def sign(self, key: Key, backing: BackingKey, algorithm: str, message: bytes, message_type: str) -> bytes:
        """The signature by a signing algorithm of AWS's; the message must be one that it takes."""
        ...

    def verify(
        self, key: Key, backing: BackingKey, algorithm: str, message: bytes, message_type: str, signature: bytes
    ) -> None:
        """Return if the signature is the key's of this message.

        Raises:
            ServiceError: KMSInvalidSignatureException.
        """
        ...

    def mac(self, key: Key, backing: BackingKey, algorithm: str, message: bytes) -> bytes:
        """The MAC by a MAC algorithm of AWS's."""
        ...

    def agree(self, key: Key, backing: BackingKey, peer: bytes) -> bytes:
        """The raw shared secret with a peer's public key (SubjectPublicKeyInfo, DER).

        Raises:
            ServiceError: ValidationException if that is no public key on the key's curve.
        """
        ...

    def encapsulate(self, key: Key, backing: BackingKey) -> tuple[bytes, bytes]:
        """A fresh shared secret, and its encapsulated form."""
        ...

    def decapsulate(self, key: Key, backing: BackingKey, ciphertext: bytes) -> bytes:
        """The shared secret that was encapsulated, or another one if the ciphertext is not sound.

        Raises:
            ServiceError: InvalidCiphertextException if the ciphertext's length is not the key spec's.
        """
        ...

    def random(self, length: int) -> bytes:
        """Random bytes, of the quality that key material needs."""
        ...

    def forget(self, backing_keys: Iterable[BackingKey]) -> None:
        """Let go of these keys, whose records have been deleted: erase what the store itself still holds of them."""
        ...
