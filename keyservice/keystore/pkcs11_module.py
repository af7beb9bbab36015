"""A PKCS#11 library in this process: who may call it when, and starting it again.

The binding starts a library without telling it of threads (PKCS #11 v3.1, section 5.4.1, `C_Initialize` with NULL), so
that two calls at once crash the process unless the library guards itself. So calls take turns: one at a time, or as
many as the operator says that the library stands. To start a library again ends all sessions with all its tokens, and
is the only way in which many libraries find a token that came later.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import Token as RawToken
from pkcs11.exceptions import PKCS11Error

from keyservice.keystore.token import TokenError, TokenTimeoutError
from keyservice.model.custom_key_store import ConnectionErrorCode

PATIENCE = 5.0  # seconds: AWS KMS gives an HSM no longer either before it answers DependencyTimeoutException


class Pkcs11Module:
    """One library. `generation` counts its starts: a session of an earlier one is void."""

    def __init__(self, path: Path, calls_at_once: int) -> None:
        self._path = str(path)
        self._calls_at_once = calls_at_once
        self._permits = threading.BoundedSemaphore(calls_at_once)
        self._wants_all = threading.Lock()
        self.generation = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Among the calls that may run at once.

        Raises:
            TokenTimeoutError: if earlier ones do not end.
        """
        self._take(1)
        try:
            yield
        finally:
            self._permits.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other call runs."""
        if not self._wants_all.acquire(timeout=PATIENCE):
            raise TokenTimeoutError
        try:
            self._take(self._calls_at_once)
            try:
                yield
            finally:
                self._permits.release(self._calls_at_once)
        finally:
            self._wants_all.release()

    def token(self, label: str) -> RawToken:
        """The token of a label, as the library knows it now; to be called inside `shared` or `alone`.

        Raises:
            TokenError: CLUSTER_NOT_FOUND if there is none, INTERNAL_ERROR if there are two.
        """
        try:
            slots = pkcs11.lib(self._path).get_slots(token_present=True)
            found = [token for token in (slot.get_token() for slot in slots) if token.label == label]
        except (PKCS11Error, RuntimeError) as error:
            raise TokenError(ConnectionErrorCode.CLUSTER_NOT_FOUND, f"{type(error).__name__} {error}") from None
        if not found:
            raise TokenError(ConnectionErrorCode.CLUSTER_NOT_FOUND, f"there is no token `{label}`")
        if len(found) > 1:
            raise TokenError(ConnectionErrorCode.INTERNAL_ERROR, f"there are {len(found)} tokens `{label}`")
        return found[0]

    def find_token(self, label: str) -> RawToken:
        """The token of a label, after a new start if the library does not know it; to be called inside `alone`."""
        try:
            return self.token(label)
        except TokenError:
            self.restart()
            return self.token(label)

    def restart(self) -> None:
        """Start the library again; to be called inside `alone`."""
        self.generation += 1
        try:
            pkcs11.lib(self._path).reinitialize()
        except (PKCS11Error, RuntimeError) as error:
            raise TokenError(ConnectionErrorCode.CLUSTER_NOT_FOUND, f"{type(error).__name__} {error}") from None

    def _take(self, permits: int) -> None:
        for taken in range(permits):
            if not self._permits.acquire(timeout=PATIENCE):
                if taken:
                    self._permits.release(taken)
                raise TokenTimeoutError


_MODULES: dict[Path, Pkcs11Module] = {}
_OPENING = threading.Lock()


def module_at(path: Path, calls_at_once: int) -> Pkcs11Module:
    """The library at a path: one of each in a process, as its C side is. Whoever comes first sets how many turns."""
    with _OPENING:
        return _MODULES.setdefault(path.resolve(), Pkcs11Module(path, calls_at_once))
