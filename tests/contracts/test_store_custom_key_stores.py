"""What every Store must do with custom key stores."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from keyservice.model.custom_key_store import ConnectionErrorCode, ConnectionState, CustomKeyStore
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
