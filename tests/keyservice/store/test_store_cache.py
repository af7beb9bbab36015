"""The cache: what it asks of the store, when it asks again, and how other processes' changes reach it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from keyservice.model.grant import Grant
from keyservice.model.identity import Account
from keyservice.store.cache import CachedStore
from keyservice.store.sqlite import SqliteStore


class CountingStore(SqliteStore):
    """Counts the reads of accounts that reach it."""

    reads = 0

    def account(self, account: str) -> Account | None:
        self.reads += 1
        return super().account(account)


class Moment:
    """A monotonic clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CountingStore]:
    with closing(CountingStore.open(tmp_path / "store.db", create=True)) as store:
        yield store


def put(store: SqliteStore | CachedStore, account: Account) -> None:
    with store.change() as change:
        change.put_account(account)


def test_a_warm_read_does_not_reach_the_store_whether_the_record_exists_or_not(store: CountingStore) -> None:
    cached = CachedStore(store)
    put(cached, Account(id="1"))
    assert [Account(id="1")] * 3 == [cached.account("1") for _ in range(3)]
    assert [None] * 3 == [cached.account("2") for _ in range(3)]
    assert 2 == store.reads


def test_a_change_forgets_what_it_touched_and_nothing_else(store: CountingStore) -> None:
    cached = CachedStore(store)
    for account in ("1", "2"):
        assert cached.account(account) is None
    put(cached, Account(id="1"))
    assert Account(id="1") == cached.account("1")
    assert cached.account("2") is None
    assert 3 == store.reads


def test_own_changes_are_not_taken_for_those_of_another_process(store: CountingStore) -> None:
    moment = Moment()
    cached = CachedStore(store, monotonic=moment)
    assert cached.account("2") is None
    put(cached, Account(id="1"))
    moment.now += 10
    assert cached.account("2") is None
    assert 1 == store.reads


def test_a_change_made_behind_the_cache_is_seen_after_the_interval(store: CountingStore) -> None:
    moment = Moment()
    cached = CachedStore(store, interval=0.25, monotonic=moment)
    assert cached.account("1") is None
    put(store, Account(id="1"))
    moment.now += 0.24
    assert cached.account("1") is None
    moment.now += 0.01
    assert Account(id="1") == cached.account("1")


def test_a_change_made_behind_the_cache_is_seen_at_once_with_no_interval(store: CountingStore) -> None:
    cached = CachedStore(store, interval=0.0)
    assert cached.account("1") is None
    put(store, Account(id="1"))
    assert Account(id="1") == cached.account("1")


def test_a_foreign_change_followed_by_an_own_one_is_not_overlooked(store: CountingStore) -> None:
    moment = Moment()
    cached = CachedStore(store, monotonic=moment)
    assert cached.account("1") is None
    put(store, Account(id="1"))
    put(cached, Account(id="2"))
    moment.now += 1
    assert Account(id="1") == cached.account("1")


def test_a_value_read_before_a_change_is_not_remembered_after_it(store: CountingStore) -> None:
    """The race that a cache loses first: read, then somebody else's change, then remember."""
    cached: CachedStore

    class Racing(CountingStore):
        raced = False

    def race(account: str) -> Account | None:
        found = SqliteStore.account(store, account)
        if not Racing.raced:
            Racing.raced = True
            put(cached, Account(id=account))
        return found

    store.account = race  # type: ignore[method-assign] # the test stands between cache and store
    cached = CachedStore(store)
    assert cached.account("1") is None
    assert Account(id="1") == cached.account("1")


def test_the_cache_holds_no_more_than_its_size(store: CountingStore) -> None:
    cached = CachedStore(store, size=10)
    for number in range(100):
        cached.account(str(number))
    assert 10 == len(cached._records)


def test_a_change_that_fails_in_its_body_forgets_nothing(store: CountingStore) -> None:
    cached = CachedStore(store)
    assert cached.account("1") is None
    with pytest.raises(ZeroDivisionError), cached.change() as change:
        change.put_account(Account(id="1"))
        raise ZeroDivisionError
    assert cached.account("1") is None
    assert 1 == store.reads


class GrantCountingStore(SqliteStore):
    """Counts the questions about grants that reach it."""

    questions = 0

    def grants(
        self, region: str, key_id: str, *, grantee: str | None, after: str | None, limit: int
    ) -> Sequence[Grant]:
        self.questions += 1
        return super().grants(region, key_id, grantee=grantee, after=after, limit=limit)

    def grants_to(self, region: str, key_id: str, grantees: tuple[str, ...]) -> tuple[Grant, ...]:
        self.questions += 1
        return super().grants_to(region, key_id, grantees)


def test_a_key_without_grants_and_a_grantee_of_a_key_with_grants_are_asked_about_once(tmp_path: Path) -> None:
    with closing(GrantCountingStore.open(tmp_path / "store.db", create=True)) as store:
        cached = CachedStore(store)
        grant = Grant(
            account="1",
            region="r",
            key_id="k",
            grant_id="g",
            created=1.0,
            issuing_account="1",
            grantee_principal="a",
            operations=(),
        )
        for _ in range(3):
            assert () == cached.grants_to("r", "k", ("a",))
        assert 1 == store.questions
        with cached.change() as change:
            change.put_grant(grant)
        for _ in range(3):
            assert (grant,) == cached.grants_to("r", "k", ("a",))
            assert () == cached.grants_to("r", "k", ("b",))
        assert 4 == store.questions
        first = cached.grants_to("r", "k", ("a",))
        put(cached, Account(id="1"))
        assert first is cached.grants_to("r", "k", ("a",))
        for number in range(1000):
            cached.grants_to("r", "k", (str(number),))
        assert len(cached._records["grants of a key, by grantees", "r", "k"]) <= 256
