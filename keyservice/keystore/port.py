"""The KeyStore port: what the service asks of a place that holds key material. One contract suite holds all to it.

Plaintext key material never crosses the port. A software store seals it into the backing key's `wrapped`; a hardware
store keeps it inside and writes there whatever finds it again. Methods may block, and be called from several threads.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from keyservice.crypto.ciphertext import Header
from keyservice.model.key import BackingKey, Key


class KeyStore(Protocol):
    """A place that holds key material."""

    def generate(self, key: Key, now: float) -> BackingKey:
        """Fresh material for the key, created at `now` (epoch seconds). The caller records it and makes it current.

        If it is never recorded, its material is lost, or in a hardware store left over, without harm.
        """
        ...

    def encrypt(self, key: Key, backing: BackingKey, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """The ciphertext blob, under this backing key. Nonce and IV are the store's own: hardware may choose."""
        ...

    def header(self, blob: bytes) -> Header:
        """What an authentic blob says about itself, read without touching any key material.

        Raises:
            ServiceError: InvalidCiphertextException, the same whatever is wrong.
        """
        ...

    def decrypt(self, backing: BackingKey, header: Header, context: Mapping[str, str]) -> bytes:
        """The plaintext of the message behind the header.

        Raises:
            ServiceError: InvalidCiphertextException if the body, the context or the backing key is not the message's.
        """
        ...

    def random(self, length: int) -> bytes:
        """Random bytes, of the quality that key material needs."""
        ...

    def forget(self, backing_keys: Iterable[BackingKey]) -> None:
        """Let go of these keys, whose records have been deleted: erase what the store itself still holds of them."""
        ...
