"""The Token port: what a custom key store asks of an HSM's token. Key material never crosses it, in either direction.

A key is named by its object id, which its maker chose at random. Methods may block, and be called from several threads.
"""

from typing import Protocol

from keyservice.model.custom_key_store import ConnectionErrorCode


class TokenError(Exception):
    """The token is gone, out of reach, or does not let us in; the message is one line, without any secret."""

    def __init__(self, code: ConnectionErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnfitTokenError(TokenError):
    """The token is there, but cannot do what a custom key store needs."""


class TokenTimeoutError(Exception):
    """Earlier calls to the HSM have not come back; this one has not been made."""


class NoSuchMaterialError(Exception):
    """The token has no such key: it was destroyed, or this is another token."""


class WrongCiphertextError(Exception):
    """The ciphertext, its IV or its additional data are not what the key encrypted."""


class Token(Protocol):
    """One token of an HSM."""

    def check(self) -> None:
        """Look whether the token is there and does what is needed, without logging in.

        Raises:
            TokenError, UnfitTokenError.
        """
        ...

    def connect(self, pin: str) -> None:
        """Log in anew, whatever was before.

        Raises:
            TokenError: with the reason why not.
        """
        ...

    def disconnect(self) -> None:
        """Log out; later calls raise TokenError until `connect`."""
        ...

    def ping(self) -> None:
        """Return if the token is there and we are logged in.

        Raises:
            TokenError.
        """
        ...

    def generate(self, object_id: bytes) -> None:
        """Make an AES-256 key inside, which never leaves: sensitive and not extractable."""
        ...

    def encrypt(self, object_id: bytes, plaintext: bytes, additional_data: bytes) -> tuple[bytes, bytes]:
        """By AES-256-GCM: the IV that was used (12 bytes), and the ciphertext with its tag (16 bytes).

        Raises:
            TokenError, NoSuchMaterialError.
        """
        ...

    def decrypt(self, object_id: bytes, iv: bytes, body: bytes, additional_data: bytes) -> bytes:
        """The plaintext.

        Raises:
            TokenError, NoSuchMaterialError, WrongCiphertextError.
        """
        ...

    def random(self, length: int) -> bytes:
        """Random bytes, made inside."""
        ...

    def destroy(self, object_id: bytes) -> None:
        """Destroy a key for good; nothing happens if there is none."""
        ...
