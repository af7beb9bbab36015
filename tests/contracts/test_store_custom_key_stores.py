"""What every Store must do with custom key stores."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from keyservice.model.custom_key_store import (
    ConnectionErrorCode,
    ConnectionState,
    CustomKeyStore,
    CustomKeyStoreType,
    XksProxy,
    XksProxyConnectivity,
)
from keyservice.model.key import Key
from keyservice.store.port import Store, StoreError

ACCOUNT, REGION = "111122223333", "us-east-1"
STORE = CustomKeyStore(
    account=ACCOUNT,
    region=REGION,
    custom_key_store_id="cks-1",
    name="vault",
    cluster_id="cluster-aaaaaaaaaaa",
    trust_anchor_certificate="pem",
    sealed_password=b"\x00sealed",
    state=ConnectionState.FAILED,
    error_code=ConnectionErrorCode.USER_LOCKED_OUT,
    created=1.5,
    connected=2.5,
)
OTHER = replace(STORE, custom_key_store_id="cks-2", name="other", cluster_id="cluster-bbbbbbbbbbb", error_code=None)
EXTERNAL = CustomKeyStore(
    account=ACCOUNT,
    region=REGION,
    custom_key_store_id="cks-3",
    name="external",
    type=CustomKeyStoreType.EXTERNAL_KEY_STORE,
    proxy=XksProxy(
        connectivity=XksProxyConnectivity.VPC_ENDPOINT_SERVICE,
        endpoint="https://xks.example",
        path="/kms/xks/v1",
        access_key_id="MUBSXM6K3KMXHN6RRCXI",
        vpc_endpoint_service_name="com.amazonaws.vpce.us-east-1.vpce-svc-0",
        vpc_endpoint_service_owner=ACCOUNT,
    ),
    sealed_password=b"sealed",
    created=3.5,
)
KEY = Key(account=ACCOUNT, region=REGION, key_id="k", created=0.0, policy="{}", custom_key_store_id="cks-1")


@pytest.fixture
def store(opener: Callable[[], Store]) -> Iterator[Store]:
    store = opener()
    with store.change() as change:
        change.put_custom_key_store(STORE)
        change.put_custom_key_store(OTHER)
    yield store
    store.close()


def test_a_custom_key_store_comes_back_as_it_was_put(store: Store) -> None:
    assert (STORE, OTHER) == (store.custom_key_store(REGION, "cks-1"), store.custom_key_store(REGION, "cks-2"))
    assert None is store.custom_key_store("eu-west-1", "cks-1")
    assert "sealed" not in repr(STORE)


def test_external_key_stores_come_back_as_they_were_put_and_share_having_no_cluster(store: Store) -> None:
    other = replace(EXTERNAL, custom_key_store_id="cks-4", name="more", sealed_password=b"other")
    with store.change() as change:
        change.put_custom_key_store(EXTERNAL)
        change.put_custom_key_store(other)
    assert (EXTERNAL, other) == (store.custom_key_store(REGION, "cks-3"), store.custom_key_store(REGION, "cks-4"))


def test_a_change_finds_the_key_of_an_external_key_in_its_store_alone(store: Store) -> None:
    one = replace(KEY, custom_key_store_id="cks-3", xks_key_id="one")
    with store.change() as change:
        change.put_key(one)
        change.put_key(replace(one, key_id="other", custom_key_store_id="cks-4", xks_key_id="two"))
        assert one == change.key_on(REGION, "cks-3", "one")
        for place in (("eu-west-1", "cks-3", "one"), (REGION, "cks-4", "one"), (REGION, "cks-3", "two")):
            assert None is change.key_on(*place)


def test_custom_key_stores_are_listed_by_id_and_by_name(store: Store) -> None:
    def listed(name: str | None = None, after: str | None = None, limit: int = 10) -> list[CustomKeyStore]:
        return list(store.custom_key_stores(ACCOUNT, REGION, name=name, after=after, limit=limit))

    assert [STORE, OTHER] == listed()
    assert [STORE] == listed(limit=1)
    assert [OTHER] == listed(after="cks-1")
    assert [OTHER] == listed(name="other")
    assert [] == listed(name="none")


def test_a_change_finds_the_store_of_a_name_and_of_a_cluster_and_whether_it_holds_keys(store: Store) -> None:
    with store.change() as change:
        assert STORE == change.custom_key_store(REGION, "cks-1")
        assert OTHER == change.custom_key_store_named(ACCOUNT, REGION, "other")
        assert None is change.custom_key_store_named("444455556666", REGION, "other")
        assert STORE == change.custom_key_store_on("cluster-aaaaaaaaaaa")
        assert None is change.custom_key_store_on("cluster-ccccccccccc")
        assert not change.holds_keys(REGION, "cks-1")
        change.put_key(KEY)
        assert change.holds_keys(REGION, "cks-1")
        assert not change.holds_keys(REGION, "cks-2")


def test_a_deleted_custom_key_store_is_gone_and_a_changed_one_seen_at_once(store: Store) -> None:
    store.custom_key_store(REGION, "cks-1"), store.custom_key_store(REGION, "cks-2")
    with store.change() as change:
        change.delete_custom_key_store(REGION, "cks-1")
        change.put_custom_key_store(replace(OTHER, name="renamed"))
        assert {("custom_key_store", REGION, "cks-1"), ("custom_key_store", REGION, "cks-2")} == change.touched()
    assert None is store.custom_key_store(REGION, "cks-1")
    assert replace(OTHER, name="renamed") == store.custom_key_store(REGION, "cks-2")


@pytest.mark.parametrize(
    "same", [{"name": "vault", "cluster_id": "cluster-ccccccccccc"}, {"name": "third", "region": "eu-west-1"}]
)
def test_neither_a_name_nor_a_cluster_is_given_twice(store: Store, same: dict[str, str]) -> None:
    with pytest.raises(StoreError), store.change() as change:
        change.put_custom_key_store(replace(STORE, custom_key_store_id="cks-3", **same))
