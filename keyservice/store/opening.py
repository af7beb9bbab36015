"""Which store a data directory has: the file in it, or the PostgreSQL database that it names."""

from contextlib import suppress

from keyservice.data_directory import DataDirectory, write_private
from keyservice.store.cache import CachedStore
from keyservice.store.port import Store, StoreError
from keyservice.store.sqlite import SqliteStore

SCHEMES = ("postgresql://", "postgres://")

# How often a cache compares versions (seconds). SQLite reads a row for that; a node of PostgreSQL looks at what it was
# told, and these seconds and `postgres_watch.BOUND` make less than one together.
_FILE_INTERVAL, _NODE_INTERVAL = 0.25, 0.05


def open_store(directory: DataDirectory, *, create: bool = False, read_only: bool = False) -> Store:
    """The store of a data directory; raises StoreError with one line that says why it cannot be opened.

    A file is made if `create` and it is missing.
    """
    url = store_url(directory)
    if url is None:
        return SqliteStore.open(directory.store, create=create, read_only=read_only)
    try:
        from keyservice.store.postgres import PostgresStore
    except ImportError as error:
        raise StoreError(
            f"the store is on PostgreSQL, which needs `pip install 'wardkey[postgres]'`: {error}"
        ) from None
    return PostgresStore.open(url, read_only=read_only)


def cached(directory: DataDirectory, store: Store) -> CachedStore:
    """The store of a directory with a cache before it."""
    return CachedStore(store, interval=_FILE_INTERVAL if store_url(directory) is None else _NODE_INTERVAL)


def store_url(directory: DataDirectory) -> str | None:
    """The URL of the database that a data directory names; None if its store is the file in it."""
    with suppress(FileNotFoundError):
        return directory.store_url.read_text(encoding="utf-8").strip()
    return None


def name_store(directory: DataDirectory, url: str) -> None:
    """Have a data directory name a database, which every command on the directory uses from then on.

    The file is its owner's alone, as the URL may hold a password.
    """
    if store_url(directory) != url:
        write_private(directory.store_url, f"{url}\n")
