"""Running one statement of SQL and taking its rows apart; whatever SQLite finds fault with becomes a StoreError."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from keyservice.store.port import StoreError
from keyservice.store.rows import Kind

Record = TypeVar("Record")
Row = tuple[object, ...]


def run(connection: sqlite3.Connection, path: Path, statement: str, values: Sequence[object]) -> list[Row]:
    """The rows that a statement gives."""
    try:
        return connection.execute(statement, values).fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of a damaged name or text
        raise StoreError(f"`{path}`: {error}") from error


def stream(connection: sqlite3.Connection, path: Path, statement: str) -> Iterator[Row]:
    """The rows that a statement gives, one after another."""
    try:
        yield from connection.execute(statement)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter of a damaged name or text
        raise StoreError(f"`{path}`: {error}") from error


def first(kind: Kind[Record], rows: Sequence[Row]) -> Record | None:
    """The record in the first row, if there is one."""
    return _decode(kind, rows[0]) if rows else None


def every(kind: Kind[Record], rows: Iterable[Row]) -> list[Record]:
    """The records in all rows."""
    return [_decode(kind, row) for row in rows]


def as_bytes(value: object) -> bytes:
    """The content of a BLOB column."""
    if not isinstance(value, bytes):
        raise StoreError(f"expected bytes in a column, found {type(value).__name__}")
    return value


def _decode(kind: Kind[Record], row: Row) -> Record:
    try:
        return kind.decode(as_bytes(row[0]))
    except (ValueError, TypeError, KeyError) as error:  # no JSON, no such field, no such value
        raise StoreError(f"a record of table `{kind.table}` cannot be read ({type(error).__name__})") from None
