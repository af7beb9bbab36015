"""Opening SQLite: the file, its mode and its writer's lock, and connections set up for the one writer or for a reader.

Invariant: one connection per machine writes and checkpoints. SQLite before 3.51.3 can corrupt a WAL database when two
do so at once (SQLite release notes, "WAL-reset bug"), and a second writer would go round the caches of the first.
"""

import fcntl
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from keyservice.store import schema
from keyservice.store.port import StoreError
from keyservice.store.rows import ChecksumError, checked

CHECK_LIMIT = 256 * 1024 * 1024
"""Bytes: up to this size the whole file is checked at every opening (6 ms a MiB when it is in memory).

In a larger one, damage to a record is found when that is read, and damage to the structure when SQLite comes by it.
"""

WAIT = 5.0
"""Seconds a connection waits for a lock that SQLite holds for a moment (recovery after a crash)."""


class Connection(sqlite3.Connection):
    """A connection that can be referred to weakly: a thread's reader goes when its thread goes."""


def create_file(path: Path) -> None:
    """Make an empty database file that only its owner may read, and its name durable."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def check_file(path: Path) -> None:
    """Refuse what is no file, is empty of content it must have, or can be read by others.

    The file is not opened here: closing it would drop the locks that SQLite holds on it in this process (SQLite
    documentation, "How To Corrupt An SQLite Database File").
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(f"`{path}` is no regular file")
    if found.st_mode & 0o077:
        raise StoreError(f"`{path}` can be read by others (mode {found.st_mode & 0o777:04o}): expected 0600")


def take_writer_lock(path: Path) -> int:
    """Become the one writer of a store. Closing the returned descriptor gives that up; at death the kernel does."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"`{path}` is in use by another process: only one may write to it") from error
    return descriptor


def open_writer(path: Path) -> Connection:
    """The writing connection: WAL, every commit synced, schema brought up to date, content checked."""
    connection = _connect(path)
    try:
        found = schema.check_version(connection, str(path))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Deleted material is overwritten, not only forgotten (SQLite documentation, "PRAGMA secure_delete").
        connection.execute("PRAGMA secure_delete = ON")
        schema.migrate(connection, found)
        if path.stat().st_size <= CHECK_LIMIT:
            check_content(connection, path)
        _check_size(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> Connection:
    """A connection that only reads and never checkpoints."""
    connection = _connect(path)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA query_only = ON")
    return connection


def check_readable(path: Path) -> None:
    """Refuse, before a store is opened for reading alone, what is no database or not of this schema version."""
    with closing(open_reader(path)) as connection:
        found = schema.check_version(connection, str(path))
        if found != schema.VERSION:
            raise StoreError(
                f"`{path}` has schema version {found}; start the service once to bring it to {schema.VERSION}"
            )


def check_content(connection: sqlite3.Connection, path: Path) -> None:
    """Read through the whole file for damage: to its structure, to rows that indexes disagree with, and to records.

    Source: SQLite documentation, "PRAGMA integrity_check".
    """
    verdict = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    if verdict != "ok":
        raise StoreError(f"`{path}` is damaged: {verdict.splitlines()[0]}")
    tables = connection.execute(
        "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'record'"
    ).fetchall()
    for (table,) in tables:
        try:
            for (record,) in connection.execute(f'SELECT record FROM "{table}"'):  # noqa: S608 - names of our own
                checked(record)
        except ChecksumError:
            raise StoreError(f"`{path}` is damaged: a record of table `{table}` is not what was stored") from None


def _check_size(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file cut short; before its write-ahead log is copied into it, the tail may rightly lack."""
    _, logged, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    pages, page_size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
    if logged == copied and path.stat().st_size < pages * page_size:
        raise StoreError(f"`{path}` is cut short: {path.stat().st_size} bytes of {pages * page_size}")


def _connect(path: Path) -> Connection:
    # Any thread may use (and close) a connection: the writer is guarded by a lock, a reader is its thread's own.
    connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False, factory=Connection)
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
