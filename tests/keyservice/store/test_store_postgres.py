"""PostgreSQL's own part of a store: its schema, what it refuses, and what a node knows without asking."""

import threading
import time
from contextlib import closing

import psycopg
import pytest

from keyservice.model.identity import Account
from keyservice.store import postgres_watch, schema
from keyservice.store.cache import CachedStore
from keyservice.store.port import StoreError
from keyservice.store.postgres import PostgresStore
from keyservice.store.postgres_schema import in_postgres
from keyservice.store.postgres_watch import announcement
from keyservice.store.rows import IDENTITIES
from tests.postgres import needs_postgres, running_postgres

pytestmark = needs_postgres


@pytest.fixture(scope="module")
def server():
    with running_postgres() as running:
        yield running


@pytest.fixture
def url(server):
    return server.database()


def put(store, account):
    with store.change() as change:
        change.put_account(Account(id=account))


def within(seconds, holds):
    stopped = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if holds():
            return True
        stopped.wait(0.01)
    return False


def test_a_step_is_said_in_the_words_of_postgresql():
    assert in_postgres("CREATE TABLE user (name TEXT, record BLOB NOT NULL, PRIMARY KEY (name)) STRICT") == (
        'CREATE TABLE "user" (name TEXT COLLATE "C", record BYTEA NOT NULL, PRIMARY KEY (name)) '
    )
    assert in_postgres("serial INTEGER PRIMARY KEY AUTOINCREMENT, due REAL, number INTEGER") == (
        "serial BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, due DOUBLE PRECISION, number BIGINT"
    )


def test_nodes_that_start_at_once_make_one_schema_with_a_table_of_every_kind(url):
    stores = []
    threads = [threading.Thread(target=lambda: stores.append(PostgresStore.open(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 4 == len(stores)
    for kind in IDENTITIES:
        assert [] == stores[0].identities(kind)
    for store in stores:
        store.close()


def test_a_store_of_an_earlier_version_is_brought_up_to_date(url, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr("keyservice.store.postgres_schema.STEPS", schema.STEPS[:-1])
        PostgresStore.open(url).close()
    with pytest.raises(StoreError, match=f"version {schema.VERSION - 1}; start the service once"):
        PostgresStore.open(url, read_only=True)
    with closing(PostgresStore.open(url)) as store:
        assert [(schema.VERSION,)] == store._rows("SELECT version FROM wardkey_schema")


def test_a_database_of_a_newer_release_or_of_somebody_else_is_refused(url, server):
    PostgresStore.open(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE wardkey_schema SET version = 1000")
    with pytest.raises(StoreError, match="this release knows versions up to"):
        PostgresStore.open(url)
    others = server.database()
    with psycopg.connect(others) as connection:
        connection.execute("CREATE TABLE orders (number INTEGER)")
    with pytest.raises(StoreError, match="not those of this service"):
        PostgresStore.open(others)


def test_a_database_that_does_not_sync_is_refused(server):
    url = server.database()
    server.set("fsync", "off")
    try:
        with pytest.raises(StoreError, match="fsync = off"):
            PostgresStore.open(url)
    finally:
        server.set("fsync", "on")


def test_a_change_waits_for_the_disk_even_where_the_database_would_not(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = off")
    with closing(PostgresStore.open(url)) as store:
        assert [("on",)] == store._rows("SHOW synchronous_commit")


def test_neither_a_password_nor_more_than_a_line_is_told_of_a_database_that_is_not_there():
    for url in ("postgresql://u:hunter2@127.0.0.1:1/keys", "postgresql://u:hunter2@[127.0.0.1/keys"):
        with pytest.raises(StoreError) as raised:
            PostgresStore.open(url)
        assert "hunter2" not in str(raised.value)
        assert 1 == len(str(raised.value).splitlines())


def test_a_name_that_no_record_can_have_finds_none(url):
    with closing(PostgresStore.open(url)) as store:
        assert store.account("a\0b") is None


def test_a_change_in_which_a_statement_failed_is_never_taken_for_committed(url):
    with closing(PostgresStore.open(url)) as store:
        with pytest.raises(StoreError), store.change() as change:
            change.put_account(Account(id="1"))
            with pytest.raises(StoreError):
                change._run("SELECT no_such_column")
        assert store.account("1") is None
        put(store, "2")
        assert Account(id="2") == store.account("2")


def test_another_nodes_change_is_known_with_what_it_touched(url):
    with closing(PostgresStore.open(url)) as here, closing(PostgresStore.open(url)) as there:
        before = there.version()
        put(here, "1")
        assert within(1.0, lambda: there.version() == before + 1)
        assert {("account", "1")} == there.touched(before, before + 1)
        assert None is there.touched(before - 1, before + 1)


def test_a_change_too_large_to_tell_has_others_forget_everything(url):
    many = [str(number) * 200 for number in range(100)]
    assert "null" in announcement(1, frozenset(("account", name) for name in many))
    with closing(PostgresStore.open(url)) as here, closing(CachedStore(PostgresStore.open(url), interval=0.0)) as there:
        assert there.account(many[0]) is None
        with here.change() as change:
            for name in many:
                change.put_account(Account(id=name))
        assert within(1.0, lambda: there.account(many[0]) is not None)


def test_nothing_is_remembered_over_a_lost_connection(url, server):
    """What answers afterwards may be an older copy of the database, whose versions say something else."""
    with closing(CachedStore(PostgresStore.open(url), interval=0.0)) as store:
        put(store, "1")
        put(store, "2")
        assert store.account("1")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DELETE FROM account WHERE id = '1'")
            connection.execute("UPDATE version SET number = number - 1")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert within(1.0, lambda: store.account("1") is None)
        assert 1 == store.version()
        put(store, "3")
        assert 2 == store.version()


def test_a_node_that_has_not_been_answered_in_time_is_told_so_without_a_question(url, monkeypatch):
    with closing(CachedStore(PostgresStore.open(url), interval=0.0)) as store:
        assert store.account("1") is None
        assert store.healthy
        monkeypatch.setattr(postgres_watch, "BOUND", -1.0)
        with pytest.raises(StoreError, match="cannot be reached"):
            store.account("1")
        with pytest.raises(StoreError, match="cannot be reached"), store.change():
            pass
        assert not store.healthy
        assert not store.leads()


def test_one_of_two_stores_leads_and_the_other_when_it_is_gone(url):
    first = PostgresStore.open(url)
    with closing(PostgresStore.open(url)) as second:
        assert (True, False) == (first.leads(), second.leads())
        first.close()
        assert within(2.0, second.leads)


def test_a_node_that_stops_in_the_middle_of_a_change_holds_up_the_others_for_a_while_at_most(url):
    with closing(PostgresStore.open(url)) as store:
        settings = "SELECT name, setting FROM pg_settings WHERE name IN (?, ?) ORDER BY name"
        names = ("idle_in_transaction_session_timeout", "lock_timeout")
        assert [(names[0], "10000"), (names[1], "10000")] == store._rows(settings, *names)


def test_a_read_that_takes_too_long_is_given_up_and_not_tried_again(url):
    with closing(PostgresStore.open(url)) as store:
        assert store.account("1") is None
        begun = time.monotonic()
        with pytest.raises(StoreError, match="the database"):
            store._rows("SELECT pg_sleep(5)")
        assert time.monotonic() - begun < 2.0
        assert store.account("1") is None


def test_a_read_on_a_connection_that_has_gone_is_made_on_another(url):
    with closing(PostgresStore.open(url)) as store:
        ((pid,),) = store._rows("SELECT pg_backend_pid()")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 2000)", (pid,))
        assert store.account("1") is None
