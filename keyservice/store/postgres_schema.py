"""The schema of `schema.STEPS` in PostgreSQL's words, and what it says of its version."""

import re
from collections.abc import Sequence

import psycopg

from keyservice.store.port import StoreError
from keyservice.store.schema import STEPS, VERSION, OnlySqlite

_WORDS = {
    # Ids and names are compared and ordered byte by byte, as in SQLite, whatever the database's own locale is.
    "TEXT": 'TEXT COLLATE "C"',
    "BLOB": "BYTEA",
    "REAL": "DOUBLE PRECISION",
    "INTEGER PRIMARY KEY AUTOINCREMENT": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "INTEGER": "BIGINT",
    # Words of PostgreSQL's own.
    "TABLE user": 'TABLE "user"',
    "only": '"only"',
    "STRICT": "",
}
_WORD = re.compile("|".join(rf"\b{word}\b" for word in _WORDS))

_MIGRATING = 0x57444B59  # an advisory lock's number


def in_postgres(statement: str) -> str:
    """A statement of a step in PostgreSQL's words."""
    return _WORD.sub(lambda found: _WORDS[found[0]], statement)


def migrate(connection: psycopg.Connection) -> None:
    """Take the database to the newest version, each step in a transaction of its own; nodes that start at once wait.

    Raises StoreError if it is of a newer release, or holds tables that are not ours.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", (_MIGRATING,))
    try:
        found = _version(connection)
        for number, step in enumerate(STEPS[found:], start=found + 1):
            _take(connection, step, number)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_MIGRATING,))


def check_current(connection: psycopg.Connection) -> None:
    """Refuse, before a store is opened for reading alone, one that is not of this schema version."""
    if (found := _version(connection)) != VERSION:
        raise StoreError(f"the database has schema version {found}; start the service once to bring it to {VERSION}")


def _version(connection: psycopg.Connection) -> int:
    """The schema version, 0 if the database (its current schema) is empty."""
    tables = [str(name) for (name,) in connection.execute(_TABLES).fetchall()]
    if not tables:
        return 0
    if "wardkey_schema" not in tables:
        raise StoreError("the database holds tables, but not those of this service")
    found = int(connection.execute("SELECT version FROM wardkey_schema").fetchall()[0][0])
    if found > VERSION:
        raise StoreError(f"the database has schema version {found}; this release knows versions up to {VERSION}")
    return found


_TABLES = "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"


def _take(connection: psycopg.Connection, step: Sequence[str], number: int) -> None:
    with connection.transaction():
        if number == 1:
            connection.execute("CREATE TABLE wardkey_schema (version BIGINT NOT NULL)")
            connection.execute("INSERT INTO wardkey_schema (version) VALUES (0)")
        for statement in step:
            if not isinstance(statement, OnlySqlite):
                connection.execute(in_postgres(statement).encode())
        connection.execute("UPDATE wardkey_schema SET version = %s", (number,))
