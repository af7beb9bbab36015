"""A key store whose symmetric encryption keys are in an external key store, for tests."""

import time
from contextlib import contextmanager
from dataclasses import replace

from keyservice.errors import INVALID_CIPHERTEXT, XKS_KEY_UNUSABLE
from keyservice.keystore.routing import RoutingKeyStore
from keyservice.keystore.xks import XksKeyStore
from keyservice.keystore.xks_proxies import XksProxies, seal_secret
from keyservice.keystore.xks_signing import ProxyCredential
from keyservice.keystore.xks_transport import Transport
from keyservice.model.custom_key_store import (
    ConnectionState,
    CustomKeyStore,
    CustomKeyStoreType,
    XksProxy,
    XksProxyConnectivity,
)
from keyservice.model.key import Origin
from keyservice.store.sqlite import SqliteStore
from tests.hsm_keys import DOMAIN_KEY
from tests.xks_proxy import ACCESS_KEY_ID, ENDPOINT, PATH, SECRET

STORE = CustomKeyStore(
    account="111122223333",
    region="us-east-1",
    custom_key_store_id="cks-1",
    name="vault",
    type=CustomKeyStoreType.EXTERNAL_KEY_STORE,
    proxy=XksProxy(
        connectivity=XksProxyConnectivity.PUBLIC_ENDPOINT, endpoint=ENDPOINT, path=PATH, access_key_id=ACCESS_KEY_ID
    ),
    sealed_password=seal_secret(
        DOMAIN_KEY,
        ("111122223333", "cks-1"),
        ProxyCredential(access_key_id=ACCESS_KEY_ID, secret_access_key=SECRET),
        random=bytes,
    ),
    state=ConnectionState.CONNECTED,
    created=0.0,
)


class _NoHsm:
    """Which is told to forget no key, for none is in it."""

    def forget(self, backing_keys):
        assert [] == list(backing_keys)


class KeysInXks(RoutingKeyStore):
    """A RoutingKeyStore that has external keys for symmetric encryption keys without being told to."""

    # A ciphertext that is not as it was is this of AWS, once the external key manager has been asked.
    refused_as = (INVALID_CIPHERTEXT, XKS_KEY_UNUSABLE)

    def __init__(self, store, xks):
        super().__init__(DOMAIN_KEY, root_id="root", hsm=_NoHsm(), xks=xks)
        self.store = store

    def generate(self, key, now, metadata=None):
        if key.spec == "SYMMETRIC_DEFAULT":
            key = replace(key, origin=Origin.EXTERNAL_KEY_STORE, custom_key_store_id="cks-1", xks_key_id="one")
        return super().generate(key, now, metadata)


@contextmanager
def keys_in_xks(path, proxy, *, seconds=20.0):
    """Such a key store with a proxy, in a connected custom key store `cks-1`."""
    store = SqliteStore.open(path, create=True)
    with store.change() as change:
        change.put_custom_key_store(STORE)
    transport = Transport(seconds=seconds)
    proxies = XksProxies(DOMAIN_KEY, transport, (proxy.endpoint(),), clock=time.time)
    yield KeysInXks(store, XksKeyStore(DOMAIN_KEY, root_id="root", store=store, proxies=proxies))
    proxies.close()
    store.close()
