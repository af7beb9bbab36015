"""The Store on PostgreSQL, for any number of nodes on one database.

Changes of all nodes come one at a time: each begins by raising the version in the one row that holds it, which the next
waits for, and reads what the one before committed (PostgreSQL documentation, "Transaction Isolation", Read Committed).
So a number of the trail is never committed after a higher one, either. A change whose commit was not confirmed may have
taken place: it is answered as an error, and every node learns from the version what became of it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Self

import psycopg
from psycopg import sql

from keyservice.store import postgres_schema as schema
from keyservice.store.change import SqlChange
from keyservice.store.port import Name, StoreError
from keyservice.store.postgres_pool import CHANGE_LIMIT, Connection, Pool, connect, run, told
from keyservice.store.postgres_watch import ANNOUNCE, Watch, announcement
from keyservice.store.query import Row
from keyservice.store.reads import SqlReads
from keyservice.store.snapshot import Snapshot

_BEGIN = "BEGIN; UPDATE version SET number = number + 1 RETURNING number"

AT_ONCE = 500
"""Rows that a snapshot fetches at a time."""

REBUILT = 64 * 1024 * 1024
"""Bytes: tables of key material up to this size are rebuilt when some was deleted; of larger ones space is freed."""


class PostgresStore(SqlReads):
    """The Store on one PostgreSQL database. Open it with `PostgresStore.open`; usable from any thread."""

    def __init__(self, pool: Pool, watch: Watch, *, read_only: bool) -> None:
        self._pool = pool
        self._watch = watch
        self._read_only = read_only
        self._writing = threading.Lock()
        self._writing_thread: int | None = None
        self._has_traces = False
        self._closed = False

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """The store in the database that a URL names, its schema brought up to date unless it is to be `read_only`.

        Raises StoreError, with one line that says why, if the database cannot be reached or used.
        """
        try:
            with connect(url, read_only=read_only) as connection:
                if read_only:
                    schema.check_current(connection)
                else:
                    _check_durable(connection)
                    schema.migrate(connection)
            watch = Watch(partial(connect, url, read_only=read_only), lead=not read_only)
            watch.start()
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:  # the URL cannot be read; it may hold a password, and so may the message
                raise StoreError("the store's URL is none that PostgreSQL understands") from None
            raise StoreError(f"the database cannot be used: {told(error)}") from error
        except psycopg.Error as error:
            raise StoreError(f"the database cannot be opened: {told(error)}") from error
        return cls(Pool(url, read_only=read_only), watch, read_only=read_only)

    @property
    def healthy(self) -> bool:
        """Whether the database has just answered."""
        try:
            self._check()
        except StoreError:
            return False
        return True

    @contextmanager
    def change(self) -> Iterator[SqlChange]:
        """One transaction, durable when the block has ended; an exception in it leaves nothing behind."""
        if self._writing_thread == threading.get_ident():
            raise StoreError("a change is already under way in this thread")
        if self._read_only:
            raise StoreError("the store is open for reading alone")
        self._check()
        if not self._writing.acquire(timeout=CHANGE_LIMIT):
            raise StoreError("too many changes wait for the database")
        try:
            self._writing_thread = threading.get_ident()
            with self._pool.begun(CHANGE_LIMIT, _begin) as (connection, version):
                yield from self._changing(connection, version)
        finally:
            self._writing_thread = None
            self._writing.release()

    def _changing(self, connection: Connection, version: int) -> Iterator[SqlChange]:
        change = SqlChange(partial(_run, connection), version)
        try:
            yield change
            _commit(connection, announcement(version, change.touched()))
        except BaseException:
            _abandon(connection)
            raise
        finally:
            change.end()
        self._watch.saw(version, change.touched())
        self._has_traces |= change.has_erased_material

    def scrub(self) -> bool:
        """Rebuild the tables of key material without the rows that were deleted, if this node deleted some.

        Unlike in SQLite, their bytes may still be found in the files that the database let go of, in its write-ahead
        log, on its standbys and in its backups; they are sealed, but the key that opens them is not gone with them.
        """
        if self._has_traces:
            self._has_traces = False
            try:
                with self._pool.begun(CHANGE_LIMIT, _rebuild):
                    pass
            except StoreError:
                self._has_traces = True
                raise
        return True

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The store as it is now, on a connection of its own, while changes go on."""
        self._check()
        try:
            with self._pool.apart() as connection:
                # Whoever reads may take longer between two rows than a change is given.
                connection.execute("SET idle_in_transaction_session_timeout = 0")
                with connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    yield Snapshot(partial(_stream, connection, count()))
        except psycopg.Error as error:
            raise StoreError(f"the database: {told(error)}") from error

    def version(self) -> int:
        """The highest version this node knows of; raises StoreError if the database has not just answered."""
        if self._closed:
            raise StoreError("the store is closed")
        return self._watch.version()

    def touched(self, after: int, until: int) -> frozenset[Name] | None:
        """What the changes after one version and up to another put or deleted; None if that is not known."""
        return self._watch.touched(after, until)

    def on_gap(self, forget: Callable[[], None]) -> None:
        """Have `forget` called after the database was lost from sight."""
        self._watch.on_gap(forget)

    def leads(self) -> bool:
        """Whether this node holds the leader's lock."""
        return self._watch.leads()

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        self._watch.stop()
        self._pool.close()

    def _check(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")
        self._watch.check()

    def _rows(self, statement: str, *values: object) -> list[Row]:
        self._check()
        if any(isinstance(value, str) and not _is_storable(value) for value in values):
            return []  # no record has such a name
        return self._pool.rows(statement, values)


def _is_storable(text: str) -> bool:
    """Whether PostgreSQL has such a text (documentation, "Character Types": no code zero)."""
    return "\0" not in text


def _stream(connection: Connection, numbers: Iterator[int], statement: str) -> Iterator[Row]:
    """The rows of a statement by way of a cursor, some hundred at a time, so that they are never all in memory."""
    with connection.cursor(name=f"snapshot_{next(numbers)}") as cursor:
        cursor.itersize = AT_ONCE
        yield from cursor.execute(statement.encode(), binary=True)


def _begin(connection: Connection) -> int:
    """Begin a change, once those before it have ended; the version it makes."""
    cursor = connection.execute(_BEGIN)
    cursor.nextset()  # from what BEGIN gave, nothing
    return int(cursor.fetchall()[0][0])


def _run(connection: Connection, statement: str, values: Sequence[object]) -> list[Row]:
    try:
        return run(connection, statement, values)
    except psycopg.Error as error:
        raise StoreError(f"the database: {told(error)}") from error


def _commit(connection: Connection, announced: str) -> None:
    """Commit, and announce it in the same transaction. Raises StoreError if the database has rolled back instead.

    That is how it answers a COMMIT after a statement failed (PostgreSQL documentation, "COMMIT").
    """
    cursor = connection.execute(sql.SQL(ANNOUNCE).format(announced))
    while cursor.nextset():
        pass
    if cursor.statusmessage != "COMMIT":
        raise StoreError(f"the database answered COMMIT with {cursor.statusmessage}")


def _abandon(connection: Connection) -> None:
    """Roll back; if that fails too, the server does so when the connection is closed."""
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()


def _rebuild(connection: Connection) -> None:
    for table in ("backing_key", "wrapping_key"):
        ((size,),) = connection.execute("SELECT pg_table_size(%s::regclass)", (table,)).fetchall()
        connection.execute(
            sql.SQL("VACUUM (FULL) {}" if size <= REBUILT else "VACUUM {}").format(sql.Identifier(table))
        )


def _check_durable(connection: Connection) -> None:
    """Refuse a database that may lose what it has confirmed (PostgreSQL documentation, "fsync")."""
    ((fsync,),) = connection.execute("SHOW fsync").fetchall()
    if fsync != "on":
        raise StoreError("the database does not sync what it writes (fsync = off): it could lose acknowledged changes")
