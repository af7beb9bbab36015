"""Every make of store, for the contract suites."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keyservice.store.cache import CachedStore
from keyservice.store.port import Store
from keyservice.store.postgres import PostgresStore
from keyservice.store.sqlite import SqliteStore
from tests.postgres import Postgres, needs_postgres, running_postgres

OPENERS: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda path: SqliteStore.open(path, create=True),
    "cached sqlite": lambda path: CachedStore(SqliteStore.open(path, create=True)),
    "always comparing sqlite": lambda path: CachedStore(SqliteStore.open(path, create=True), interval=0.0),
    "tiny cached sqlite": lambda path: CachedStore(SqliteStore.open(path, create=True), size=1),
}
ON_POSTGRES: dict[str, Callable[[str], Store]] = {
    "postgres": PostgresStore.open,
    "cached postgres": lambda url: CachedStore(PostgresStore.open(url), interval=0.0),
}
STORES = [*OPENERS, *(pytest.param(name, marks=needs_postgres) for name in ON_POSTGRES)]


@pytest.fixture(params=STORES)
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens a store of each make, the same one each time."""
    if request.param in OPENERS:
        return lambda: OPENERS[request.param](tmp_path / "store.db")
    url = request.getfixturevalue("postgres_url")
    return lambda: ON_POSTGRES[request.param](url)


@pytest.fixture
def store(opener: Callable[[], Store]) -> Iterator[Store]:
    opened = opener()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this process."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def one_database(postgres: Postgres) -> str:
    return postgres.database()


@pytest.fixture
def postgres_url(postgres: Postgres, one_database: str) -> Iterator[str]:
    """A database with nothing in it. Threads take turns more often: readers who never wait would hold up a writer."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield postgres.emptied(one_database)
    sys.setswitchinterval(interval)
