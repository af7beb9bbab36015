"""Connections to PostgreSQL, set up so that nothing waits for ever, and kept for the next who needs one.

libpq reads what it always reads: a URL may name several hosts, and the password may stand in `~/.pgpass` (PostgreSQL
documentation, "Database Connection Control Functions").
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from keyservice.store.port import StoreError
from keyservice.store.query import Row

Begun = TypeVar("Begun")

MOST = 16
"""Connections of one node for reads and changes; a change needs one, and one change is made at a time."""

READ_LIMIT = 1.0
"""Seconds that a read may take: the event loop waits for it."""

CHANGE_LIMIT = 15.0
"""Seconds that a statement of a change may take, and the wait for the changes before it."""

_SETTINGS = """
SET client_min_messages = warning;
SET default_transaction_isolation = 'read committed';
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '10s';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""
# `lock_timeout`: of the wait for another node's change. `idle_in_transaction_session_timeout`: a node that was stopped
# in the middle of a change, or cut off, must not hold up the others. `synchronous_commit`: a change that was answered
# is never lost to a crash; whoever has asked for more (`remote_apply`) keeps it.

_PARAMETERS: dict[str, Any] = {
    "application_name": "wardkey",
    "connect_timeout": 2,
    # After a fail-over: the node that can be written to, of those that the URL names.
    "target_session_attrs": "read-write",
    # A peer that has gone without a word is noticed after some seconds, by either side.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Connection(psycopg.Connection):
    """A connection on which every wait ends: after `limit` seconds, with an error that leaves it unusable."""

    limit: float = CHANGE_LIMIT

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server, not for ever."""
        return super().wait(gen, interval, self.limit if timeout is None else timeout)


def connect(url: str, *, read_only: bool = False) -> Connection:
    """A new connection in autocommit mode. Raises psycopg.Error."""
    parameters = {**_PARAMETERS, **conninfo_to_dict(url)}
    if read_only:
        parameters["target_session_attrs"] = "any"
    connection = Connection.connect(**parameters, autocommit=True)
    try:
        connection.execute(_SETTINGS.encode())
    except BaseException:
        connection.close()
        raise
    return connection


@lru_cache(maxsize=500)
def translated(statement: str) -> bytes:
    """A statement with PostgreSQL's marks for values, `%s`, in place of SQLite's."""
    return statement.replace("%", "%%").replace("?", "%s").encode()


def run(connection: Connection, statement: str, values: Sequence[object]) -> list[Row]:
    """The rows that a statement gives. Raises psycopg.Error."""
    cursor = connection.execute(translated(statement), values, binary=True)
    return cursor.fetchall() if cursor.description else []


def told(error: Exception) -> str:
    """What an error says, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


class Pool:
    """Up to `MOST` connections; the one used last is used next."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._url = url
        self._read_only = read_only
        self._idle: deque[Connection] = deque()
        self._free = threading.BoundedSemaphore(MOST)
        self._closed = False

    def rows(self, statement: str, values: Sequence[object]) -> list[Row]:
        """The rows of a statement that reads."""
        with self.begun(READ_LIMIT, lambda connection: run(connection, statement, values)) as (_, rows):
            return rows

    @contextmanager
    def begun(self, limit: float, begin: Callable[[Connection], Begun]) -> Iterator[tuple[Connection, Begun]]:
        """A connection for the block, and what `begin` gave on it.

        That is tried once more on a new connection where an old one turns out to be broken, as all of them are after
        the database was restarted: so it must be what may be done twice. Whatever psycopg raises becomes a StoreError.
        """
        if not self._free.acquire(timeout=READ_LIMIT):
            raise StoreError("too many calls wait for the database")
        try:
            connection, begun = self._begin(limit, begin)
            try:
                yield connection, begun
            finally:
                self._give_back(connection)
        except psycopg.Error as error:
            raise StoreError(f"the database: {told(error)}") from error
        finally:
            self._free.release()

    def apart(self) -> Connection:
        """A new connection that is nobody else's, and not one of the `MOST`. Raises psycopg.Error."""
        return connect(self._url, read_only=self._read_only)

    def close(self) -> None:
        """Close what nobody uses, and the rest when it is given back."""
        self._closed = True
        self._drop_idle()

    def _begin(self, limit: float, begin: Callable[[Connection], Begun]) -> tuple[Connection, Begun]:
        used = self._idle_one()
        if used is not None:
            try:
                return used, _tried(used, limit, begin)
            except _LostError:
                self._drop_idle()
        new = connect(self._url, read_only=self._read_only)
        try:
            return new, _tried(new, limit, begin)
        except _LostError as error:
            raise StoreError(f"the database: {error}") from error

    def _idle_one(self) -> Connection | None:
        if self._closed:
            raise StoreError("the store is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _give_back(self, connection: Connection) -> None:
        if self._closed or connection.info.transaction_status is not TransactionStatus.IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


class _LostError(Exception):
    """The connection has gone: nothing that the server found fault with, and nothing that it is slow at."""


# PostgreSQL documentation, "PostgreSQL Error Codes": admin_shutdown, crash_shutdown, idle_session_timeout.
_GONE = frozenset({"57P01", "57P02", "57P05"})


def _tried(connection: Connection, limit: float, begin: Callable[[Connection], Begun]) -> Begun:
    """What `begin` gives; a connection on which it fails is of no more use."""
    connection.limit = limit
    try:
        return begin(connection)
    except psycopg.OperationalError as error:
        is_lost = connection.broken or error.sqlstate in _GONE
        connection.close()
        if is_lost:
            raise _LostError(told(error)) from error
        raise
    except BaseException:
        connection.close()
        raise
