"""A store as it was at one moment, read from end to end without being held in memory: what backups are made of.

Records come as they are stored. A key comes before its backing keys, and those in the order in which they were put.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from keyservice.store.port import Change, StoreError
from keyservice.store.query import Row, as_bytes
from keyservice.store.rows import (
    ALIAS,
    BACKING_KEY,
    CUSTOM_KEY_STORE,
    GRANT,
    IDENTITIES,
    JOB_RUN,
    KEY,
    WRAPPING_KEY,
    Kind,
)

Rows = Callable[[str], Iterator[Row]]
"""Runs a statement that reads, on the one moment, and gives its rows one after another."""

SECRET = "secret"  # noqa: S105 - the name of a table
_OTHERS: tuple[Kind[Any], ...] = (*IDENTITIES.values(), CUSTOM_KEY_STORE, ALIAS, GRANT, WRAPPING_KEY, JOB_RUN)

_PUT: Mapping[str, tuple[Kind[Any], Callable[[Change, Any], None]]] = {
    **{kind.table: (kind, lambda change, record: change.put_identity(record)) for kind in IDENTITIES.values()},
    CUSTOM_KEY_STORE.table: (CUSTOM_KEY_STORE, lambda change, record: change.put_custom_key_store(record)),
    KEY.table: (KEY, lambda change, record: change.put_key(record)),
    BACKING_KEY.table: (BACKING_KEY, lambda change, record: change.put_backing_key(record)),
    ALIAS.table: (ALIAS, lambda change, record: change.put_alias(record)),
    GRANT.table: (GRANT, lambda change, record: change.put_grant(record)),
    WRAPPING_KEY.table: (WRAPPING_KEY, lambda change, record: change.put_wrapping_key(record)),
    JOB_RUN.table: (JOB_RUN, lambda change, record: change.put_job_run(record)),
}


class Snapshot:
    """A store at one moment; usable until its `snapshot()` block ends."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @property
    def version(self) -> int:
        """The store's version then."""
        return int(str(next(self._rows("SELECT number FROM version"))[0]))

    @property
    def trail_serial(self) -> int:
        """The serial number of the last line that a change had put on the trail by then; 0 if there is none."""
        return int(str(next(self._rows("SELECT coalesce(max(serial), 0) FROM trail"))[0]))

    def secrets(self) -> Iterator[tuple[str, bytes]]:
        """The service's own sealed secrets, by name."""
        for name, sealed in self._rows("SELECT name, sealed FROM secret ORDER BY name"):
            yield str(name), as_bytes(sealed)

    def records(self) -> Iterator[tuple[str, bytes]]:
        """All records: (table, the record as it is stored)."""
        for kind in _OTHERS:
            for row in self._rows(_select(kind, ", ".join(kind.identity))):
                yield kind.table, as_bytes(row[-1])
        yield from self._keys()

    def _keys(self) -> Iterator[tuple[str, bytes]]:
        groups = groupby(self._rows(_select(BACKING_KEY, "region, key_id, serial")), lambda row: row[:2])
        waiting = next(groups, None)
        for *name, record in self._rows(_select(KEY, "region, key_id")):
            yield KEY.table, as_bytes(record)
            if waiting is not None and waiting[0] == tuple(name):
                for row in waiting[1]:
                    yield BACKING_KEY.table, as_bytes(row[-1])
                waiting = next(groups, None)
        if waiting is not None:
            raise StoreError("the store holds backing keys of a key that it does not hold")


def decode(table: str, stored: bytes) -> object:
    """The record that was stored in a table.

    Raises:
        StoreError: if this release knows no such table, or cannot read it.
    """
    try:
        return _PUT[table][0].decode(stored)
    except (KeyError, ValueError, TypeError):
        raise StoreError(f"a record of table `{table}` cannot be read") from None


def put(change: Change, table: str, record: object) -> None:
    """Keep a record that `decode` gave, in whatever store."""
    _PUT[table][1](change, record)


def _select(kind: Kind[Any], order: str) -> str:
    names = "region, key_id, " if kind in (KEY, BACKING_KEY) else ""
    return f'SELECT {names}record FROM "{kind.table}" ORDER BY {order}'  # noqa: S608 - names of our own table of kinds
