"""A key store whose symmetric encryption keys are in an HSM, for tests: every key that it makes is recorded at once."""

from contextlib import contextmanager
from dataclasses import replace

from keyservice.keystore.clusters import Cluster, Clusters, seal_password
from keyservice.keystore.hsm import HsmKeyStore
from keyservice.keystore.routing import RoutingKeyStore
from keyservice.model.custom_key_store import ConnectionState, CustomKeyStore
from keyservice.model.key import Origin
from keyservice.store.sqlite import SqliteStore
from tests.memory_token import PASSWORD

DOMAIN_KEY = bytes(range(32))


class KeysInHsm(RoutingKeyStore):
    """A RoutingKeyStore that puts symmetric encryption keys into the HSM without being told to."""

    def __init__(self, store, hsm):
        super().__init__(DOMAIN_KEY, root_id="root", hsm=hsm, xks=None)
        self.store = store

    def generate(self, key, now):
        if key.spec == "SYMMETRIC_DEFAULT":
            key = replace(key, origin=Origin.AWS_CLOUDHSM, custom_key_store_id="cks-1")
        backing = super().generate(key, now)
        with self.store.change() as change:
            change.put_backing_key(backing)
        return backing


@contextmanager
def keys_in_hsm(path, hsm, token):
    """Such a key store on a token, in a connected custom key store `cks-1`; and the clusters behind it."""
    store = SqliteStore.open(path, create=True)
    account, custom_key_store_id = "111122223333", "cks-1"
    sealed = seal_password(DOMAIN_KEY, (account, custom_key_store_id), PASSWORD, random=bytes)
    custom_key_store = CustomKeyStore(
        account=account,
        region="us-east-1",
        custom_key_store_id=custom_key_store_id,
        name="vault",
        cluster_id=hsm.cluster,
        trust_anchor_certificate="",
        sealed_password=sealed,
        state=ConnectionState.CONNECTED,
        created=0.0,
    )
    with store.change() as change:
        change.put_custom_key_store(custom_key_store)
    clusters = Clusters((Cluster(cluster_id=hsm.cluster, token=token, pin=hsm.pin),), DOMAIN_KEY)
    yield KeysInHsm(store, HsmKeyStore(DOMAIN_KEY, root_id="root", store=store, clusters=clusters)), clusters
    clusters.close()
    store.close()
