"""The HSMs that an operator configured, by CloudHsmClusterId: connected for custom key stores, lost and found again.

A custom key store's state is what the API made of it. Whether its HSM answers is each process's own knowledge, kept
here: what fails is tried once more after a new login, and then left alone for a moment, so that an HSM that is gone
costs its callers no time and comes back by itself.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.keystore.token import NoSuchMaterialError, Token, TokenError, TokenTimeoutError
from keyservice.model.custom_key_store import ConnectionErrorCode, CustomKeyStore

log = logging.getLogger("keyservice")
T = TypeVar("T")

RECORD_TYPE = "custom-key-store-password"
REST = 2.0  # seconds in which an HSM that failed is not asked again
MISSING_REST = 30.0  # seconds in which a key that the HSM does not have is not looked for again

_FINAL = frozenset(
    # To try these again by itself would lock the HSM's user out.
    {
        ConnectionErrorCode.INVALID_CREDENTIALS,
        ConnectionErrorCode.USER_LOCKED_OUT,
        ConnectionErrorCode.USER_NOT_FOUND,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """An HSM's token under the id that the API knows. `certificate` is the trust anchor, DER, if one was configured."""

    cluster_id: str
    token: Token
    pin: Callable[[str], str]
    certificate: bytes | None = None


_Login = tuple[bytes, float | None]
"""What a login was made with, the sealed password and the call to connect: a later one of either is another login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    code: ConnectionErrorCode
    moment: float
    login: _Login


def seal_password(domain_key: bytes, store: tuple[str, str], password: str, *, random: Callable[[int], bytes]) -> bytes:
    """A KeyStorePassword sealed for one store, given as (account, id)."""
    salt, iv = random(SALT_LENGTH), random(IV_LENGTH)
    return wrap(domain_key, _identity(*store), salt=salt, iv=iv, material=password.encode())


class Clusters:
    """The configured HSMs, and what this process knows of them."""

    def __init__(
        self, clusters: tuple[Cluster, ...], domain_key: bytes, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._clusters: Mapping[str, Cluster] = {cluster.cluster_id: cluster for cluster in clusters}
        self._domain_key = domain_key
        self._monotonic = monotonic
        self._connecting = {cluster.cluster_id: threading.Lock() for cluster in clusters}
        self._connected: dict[str, _Login] = {}  # by cluster id
        self._logins = dict.fromkeys(self._clusters, 0)
        self._failures: dict[str, _Failure] = {}
        self._missing: dict[tuple[str, bytes], float] = {}

    def cluster(self, cluster_id: str) -> Cluster | None:
        """A configured HSM."""
        return self._clusters.get(cluster_id)

    def connect(self, store: CustomKeyStore) -> ConnectionErrorCode | None:
        """Log in anew; the reason if that fails. May take long."""
        try:
            self._connect(store)
        except TokenError as error:
            self._note(store, error)
            return error.code
        return None

    def disconnect(self, store: CustomKeyStore) -> None:
        """Log out, if this process was logged in."""
        cluster = self._clusters.get(store.cluster)
        self._failures.pop(store.cluster, None)
        if cluster is not None and self._connected.pop(store.cluster, None) is not None:
            cluster.token.disconnect()

    def close(self) -> None:
        """Log out everywhere: the process ends, or the service in it."""
        for cluster_id in list(self._connected):
            self._connected.pop(cluster_id, None)
            with suppress(TokenTimeoutError):
                self._clusters[cluster_id].token.disconnect()

    def is_resting(self, store: CustomKeyStore) -> bool:
        """Whether it would be too early to ask an HSM again that did not answer."""
        if store.cluster not in self._clusters:
            return True
        failure = self._failures.get(store.cluster)
        if failure is None or failure.login != _login(store):
            return False
        return failure.code in _FINAL or self._monotonic() - failure.moment < REST

    def answers(self, store: CustomKeyStore) -> bool:
        """Whether the HSM answers: it is asked, unless it did not a moment ago. May take long."""
        try:
            self.use(store, lambda token: token.ping())
        except (TokenError, TokenTimeoutError):
            return False
        return True

    def use(self, store: CustomKeyStore, call: Callable[[Token], T], *, object_id: bytes | None = None) -> T:
        """What a call to the store's token gives; `object_id` names the key that it needs.

        Raises:
            TokenError: the HSM does not answer, after a new login either.
            NoSuchMaterialError: it answers and has no such key, after a new login either.
            TokenTimeoutError: earlier calls have not come back from it.
        """
        if self.is_resting(store):
            raise TokenError(ConnectionErrorCode.NETWORK_ERRORS, "the HSM does not answer")
        known_missing = self._missing.get((store.cluster, object_id or b""))
        if known_missing is not None and self._monotonic() - known_missing < MISSING_REST:
            raise NoSuchMaterialError
        try:
            found = self._tried_twice(store, call)
        except TokenError as error:
            self._note(store, error)
            raise
        except TokenTimeoutError:
            self._note(store, TokenError(ConnectionErrorCode.NETWORK_ERRORS, "earlier calls have not come back"))
            raise
        except NoSuchMaterialError:
            self._missing[store.cluster, object_id or b""] = self._monotonic()
            raise
        self._failures.pop(store.cluster, None)
        return found

    def _tried_twice(self, store: CustomKeyStore, call: Callable[[Token], T]) -> T:
        cluster = self._clusters[store.cluster]
        logins = self._logins[store.cluster]
        if self._connected.get(store.cluster) == _login(store):
            try:
                return call(cluster.token)
            except (TokenError, NoSuchMaterialError) as error:
                log.info("custom key store %s: %s; logging in anew", store.custom_key_store_id, error)
        self._connect(store, unless_after=logins)
        return call(cluster.token)

    def _connect(self, store: CustomKeyStore, *, unless_after: int | None = None) -> None:
        """Log in; not once more if another thread has since the number of logins was `unless_after`."""
        cluster = self._clusters.get(store.cluster)
        if cluster is None:
            raise TokenError(ConnectionErrorCode.CLUSTER_NOT_FOUND, "no such cluster is configured")
        with self._connecting[store.cluster]:
            is_done = self._connected.get(store.cluster) == _login(store)
            if is_done and unless_after is not None and self._logins[store.cluster] > unless_after:
                return
            self._connected.pop(store.cluster, None)
            cluster.token.connect(cluster.pin(self._password(store)))
            self._connected[store.cluster] = _login(store)
            self._logins[store.cluster] += 1
            self._failures.pop(store.cluster, None)
            for name in [name for name in self._missing if name[0] == store.cluster]:
                self._missing.pop(name, None)

    def _password(self, store: CustomKeyStore) -> str:
        record = _identity(store.account, store.custom_key_store_id)
        try:
            return unwrap(self._domain_key, record, store.sealed_password).decode()
        except UnwrapError:
            raise TokenError(ConnectionErrorCode.INTERNAL_ERROR, "the sealed password does not open") from None

    def _note(self, store: CustomKeyStore, error: TokenError) -> None:
        if store.cluster not in self._failures:
            log.warning("custom key store %s: %s: %s", store.custom_key_store_id, error.code, error)
        self._failures[store.cluster] = _Failure(code=error.code, moment=self._monotonic(), login=_login(store))


def _login(store: CustomKeyStore) -> _Login:
    return store.sealed_password, store.connected


def _identity(account: str, custom_key_store_id: str) -> RecordIdentity:
    return RecordIdentity(type=RECORD_TYPE, root_id="", account=account, key_id=custom_key_store_id)
