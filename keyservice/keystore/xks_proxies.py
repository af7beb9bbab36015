"""The proxies of external key stores: where each is, the credential to sign with, and which do not answer now.

What an operator says of an endpoint stands in the settings; everything else is in the custom key store's record. A
proxy that let several calls time out, one after the other, is left alone for a moment, so that one that hangs costs its
callers no time and the service no threads; it comes back by itself.
"""

import threading
import time
from collections.abc import Callable, Mapping

from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.keystore.xks_api import XksApi
from keyservice.keystore.xks_faults import XksError, XksFault
from keyservice.keystore.xks_signing import ProxyCredential, sign
from keyservice.keystore.xks_transport import Answer, Place, Transport
from keyservice.model.custom_key_store import (
    ConnectionErrorCode,
    CustomKeyStore,
    XksProxy,
    XksProxyConnectivity,
)
from keyservice.settings import XksEndpoint

RECORD_TYPE = "xks-proxy-secret"
REST = 1.0  # seconds in which a proxy that hangs is not asked again
HANGS = 3  # calls in a row that ran out of time: one that was slow once does not hang


def seal_secret(
    domain_key: bytes, store: tuple[str, str], credential: ProxyCredential, *, random: Callable[[int], bytes]
) -> bytes:
    """A RawSecretAccessKey sealed for one store, given as (account, id), and for its AccessKeyId."""
    record = _identity(*store, credential.access_key_id)
    secret = credential.secret_access_key.encode()
    return wrap(domain_key, record, salt=random(SALT_LENGTH), iv=random(IV_LENGTH), material=secret)


class XksProxies:
    """The proxies that this process talks to. `clock` gives epoch seconds, for signatures."""

    def __init__(
        self,
        domain_key: bytes,
        transport: Transport,
        endpoints: tuple[XksEndpoint, ...] = (),
        *,
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._domain_key = domain_key
        self._transport = transport
        self._endpoints: Mapping[str, XksEndpoint] = {each.host: each for each in endpoints}
        self._services = {each.service: each for each in endpoints if each.service is not None}
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._hung: dict[Place, tuple[int, float]] = {}

    def close(self) -> None:
        """Close connections that are kept."""
        self._transport.close()

    def place(self, proxy: XksProxy) -> Place:
        """Where a proxy is.

        A VPC endpoint service is what the operator says of it: there is no Amazon VPC here.

        Raises:
            XksError: SERVICE_NOT_FOUND, SERVICE_UNFIT.
        """
        endpoint = self._endpoints.get(proxy.host)
        if proxy.connectivity is XksProxyConnectivity.VPC_ENDPOINT_SERVICE:
            endpoint = self._services.get(proxy.vpc_endpoint_service_name or "")
            if endpoint is None:
                raise XksError(XksFault.SERVICE_NOT_FOUND, "no such VPC endpoint service is configured")
            if endpoint.host != proxy.host:
                raise XksError(XksFault.SERVICE_UNFIT, "the VPC endpoint service is configured for another endpoint")
        if endpoint is None or endpoint.connect is None:
            return Place(host=proxy.host, connect_host=proxy.host, ca=endpoint.ca if endpoint else None)
        host, port = endpoint.connect_place
        return Place(host=proxy.host, connect_host=host, connect_port=port, is_placed=True, ca=endpoint.ca)

    def connect(self, store: CustomKeyStore, metadata: RequestMetadata) -> ConnectionErrorCode | None:
        """Ask a store's proxy whether it is well; the reason why not. One that hung is asked again."""
        try:
            self.check(store.proxy, self.credential(store), store.region, metadata)
        except XksError as error:
            return error.fault.value.code
        return None

    def check(
        self, proxy: XksProxy | None, credential: ProxyCredential, region: str, metadata: RequestMetadata
    ) -> None:
        """Ask a proxy whether it is well.

        Raises:
            XksError.
        """
        place = self.place(_known(proxy))
        with self._lock:
            self._hung.pop(place, None)
        self._api(_known(proxy), place, credential, region).check_health(metadata)

    def api(self, store: CustomKeyStore) -> XksApi:
        """The API of a connected store's proxy.

        Raises:
            XksError: DISCONNECTED; and see `place`.
        """
        if not store.is_connected:
            raise XksError(XksFault.DISCONNECTED, "the custom key store is not connected")
        proxy = _known(store.proxy)
        return self._api(proxy, self.place(proxy), self.credential(store), store.region)

    def credential(self, store: CustomKeyStore) -> ProxyCredential:
        """The credential of a store, unsealed."""
        access_key_id = _known(store.proxy).access_key_id
        record = _identity(store.account, store.custom_key_store_id, access_key_id)
        try:
            secret = unwrap(self._domain_key, record, store.sealed_password).decode()
        except UnwrapError:
            raise XksError(XksFault.AUTHENTICATION, "the sealed secret access key does not open") from None
        return ProxyCredential(access_key_id=access_key_id, secret_access_key=secret)

    def _api(self, proxy: XksProxy, place: Place, credential: ProxyCredential, region: str) -> XksApi:
        def post(path: str, body: bytes) -> tuple[int, bytes]:
            whole = f"{proxy.path}{path}"
            headers = sign(credential, host=place.host, path=whole, body=body, region=region, now=self._clock())
            answer = self._bounded(place, lambda: self._transport.post(place, whole, headers, body))
            return answer.status, answer.body

        return XksApi(post)

    def _bounded(self, place: Place, call: Callable[[], Answer]) -> Answer:
        """What the call gives, unless the proxy hangs."""
        with self._lock:
            count, last = self._hung.get(place, (0, 0.0))
        if count >= HANGS and self._monotonic() - last < REST:
            raise XksError(XksFault.TIMED_OUT, "the proxy did not answer the last calls in time")
        try:
            given = call()
        except XksError as error:
            if error.fault is XksFault.TIMED_OUT:
                with self._lock:
                    self._hung[place] = (self._hung.get(place, (0, 0.0))[0] + 1, self._monotonic())
            raise
        if count:
            with self._lock:
                self._hung.pop(place, None)
        return given


def _known(proxy: XksProxy | None) -> XksProxy:
    if proxy is None:
        raise XksError(XksFault.MALFORMED, "the custom key store has no proxy")
    return proxy


def _identity(account: str, custom_key_store_id: str, access_key_id: str) -> RecordIdentity:
    return RecordIdentity(type=RECORD_TYPE, root_id="", account=account, key_id=custom_key_store_id, spec=access_key_id)
