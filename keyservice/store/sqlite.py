"""The Store on SQLite: one writing connection behind a lock, one reading connection a thread.

A change is durable when `change()` returns (WAL with synchronous=FULL), and every later read sees it, in any thread.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.grant import Grant
from keyservice.model.identity import AccessKey, Account, Group, Instance, InstanceProfile, Role, User
from keyservice.model.job_run import JobRun
from keyservice.model.key import Alias, BackingKey, Key
from keyservice.model.schedule import Duty
from keyservice.model.wrapping_key import WrappingKey
from keyservice.store import connect
from keyservice.store.change import SqliteChange
from keyservice.store.port import DueKey, StoreError
from keyservice.store.query import Row, as_bytes, every, first, run
from keyservice.store.rows import (
    ACCESS_KEY,
    ACCOUNT,
    ALIAS,
    BACKING_KEY,
    BACKING_KEYS,
    CUSTOM_KEY_STORE,
    DUE_COLUMNS,
    GRANT,
    GROUP,
    IDENTITIES,
    INSTANCE,
    INSTANCE_PROFILE,
    JOB_RUN,
    KEY,
    RELATED_KEYS,
    ROLE,
    USER,
    WRAPPING_KEY,
    Kind,
)

Record = TypeVar("Record")

REBUILT_AT_ONCE = 64 * 1024 * 1024
"""Bytes: a file up to this size is rebuilt whenever key material was deleted (half a second)."""

REBUILT_EVERY = 86_400.0
"""Seconds between two rebuilds of a larger file."""


class SqliteStore:
    """The Store on one SQLite file. Open it with `SqliteStore.open`; usable from any thread."""

    def __init__(self, path: Path, writer: sqlite3.Connection | None, lock: int | None) -> None:
        self._path = path
        self._writer = writer
        self._lock = lock
        self._writing = threading.Lock()
        self._writing_thread: int | None = None
        self._failure: StoreError | None = None
        self._closed = False
        self._log_has_traces = True  # of what an earlier process deleted
        self._file_has_traces = False
        self._rebuilt: float | None = None
        self._local = threading.local()
        self._readers: weakref.WeakSet[connect.Connection] = weakref.WeakSet()

    @classmethod
    def open(cls, path: Path, *, create: bool, read_only: bool = False) -> Self:
        """The store kept in the file `path`, made if `create` and it is missing.

        A store opened `read_only` can be read while another process serves it. Raises StoreError, with one line that
        says why, if the file is missing, no database, cut short, damaged, of a newer release, or being written to.
        """
        lock = None
        try:
            if create and not path.exists():
                connect.create_file(path)
            connect.check_file(path)
            if read_only:
                connect.check_readable(path)
                return cls(path, None, None)
            lock = connect.take_writer_lock(path)
            return cls(path, connect.open_writer(path), lock)
        except BaseException as error:
            if lock is not None:
                os.close(lock)
            if isinstance(error, FileNotFoundError):
                raise StoreError(f"`{path}` does not exist") from error
            if isinstance(error, (OSError, sqlite3.Error)):
                raise StoreError(f"`{path}` cannot be opened: {error}") from error
            raise

    @property
    def healthy(self) -> bool:
        """Whether changes can still be made."""
        return not self._closed and self._failure is None

    @contextmanager
    def change(self) -> Iterator[SqliteChange]:
        """One transaction, durable when the block has ended; an exception in it leaves nothing behind."""
        if self._writing_thread == threading.get_ident():
            raise StoreError("a change is already under way in this thread")
        with self._writing:
            writer = self._open_for_writing()
            self._writing_thread = threading.get_ident()
            run(writer, self._path, "BEGIN IMMEDIATE", ())
            change = None
            try:
                change = SqliteChange(writer, self._path)
                yield change
                change.commit()
                self._log_has_traces |= change.has_erased_material
                self._file_has_traces |= change.has_erased_material
            except BaseException as error:
                self._abandon(writer, error)
                raise
            finally:
                self._writing_thread = None
                if change is not None:
                    change.end()

    def key(self, region: str, key_id: str) -> Key | None:
        """A key by region and id."""
        return self._one(KEY, region, key_id)

    def related_keys(self, key_id: str) -> Sequence[Key]:
        """The keys that have an id, in the order of their regions."""
        return every(KEY, self._rows(RELATED_KEYS, key_id))

    def backing_key(self, region: str, key_id: str, backing_key_id: str) -> BackingKey | None:
        """One backing key of a key."""
        return self._one(BACKING_KEY, region, key_id, backing_key_id)

    def backing_keys(self, region: str, key_id: str) -> Sequence[BackingKey]:
        """All backing keys of a key, in the order in which they were first put."""
        return every(BACKING_KEY, self._rows(BACKING_KEYS, region, key_id))

    def wrapping_key(self, region: str, key_id: str, nonce: str) -> WrappingKey | None:
        """A wrapping key of a key."""
        return self._one(WRAPPING_KEY, region, key_id, nonce)

    def keys(self, account: str, region: str, *, after: str | None, limit: int) -> Sequence[Key]:
        """Up to `limit` keys of an account in the order of their ids, those after the id `after`."""
        query = "SELECT record FROM key WHERE account = ? AND region = ? AND key_id > ? ORDER BY key_id LIMIT ?"
        return every(KEY, self._rows(query, account, region, after or "", limit))

    def alias(self, account: str, region: str, name: str) -> Alias | None:
        """An alias by its name, which starts with `alias/`."""
        return self._one(ALIAS, account, region, name)

    def aliases(
        self, account: str, region: str, *, key_id: str | None, after: str | None, limit: int
    ) -> Sequence[Alias]:
        """Up to `limit` aliases of an account in the order of their names, those after a name, of one key if given."""
        query = (
            "SELECT record FROM alias WHERE account = ? AND region = ? AND name > ?"
            " AND (?4 IS NULL OR target_key_id = ?4) ORDER BY name LIMIT ?5"
        )
        return every(ALIAS, self._rows(query, account, region, after or "", key_id, limit))

    def grant(self, region: str, key_id: str, grant_id: str) -> Grant | None:
        """A grant of a key."""
        return self._one(GRANT, region, key_id, grant_id)

    def grants(
        self, region: str, key_id: str, *, grantee: str | None, after: str | None, limit: int
    ) -> Sequence[Grant]:
        """Up to `limit` grants of a key in the order of their ids, those after an id, of one grantee if given."""
        of_key = "SELECT record FROM key_grant WHERE region = ? AND key_id = ? AND grant_id > ?"
        if grantee is None:
            return every(GRANT, self._rows(f"{of_key} ORDER BY grant_id LIMIT ?", region, key_id, after or "", limit))
        query = f"{of_key} AND grantee = ? ORDER BY grant_id LIMIT ?"
        return every(GRANT, self._rows(query, region, key_id, after or "", grantee, limit))

    def grants_to(self, region: str, key_id: str, grantees: tuple[str, ...]) -> tuple[Grant, ...]:
        """All grants of a key to any of the grantees, in the order of their ids."""
        marks = ", ".join("?" for _ in grantees)
        query = "SELECT record FROM key_grant WHERE region = ? AND key_id = ?"
        # Without ORDER BY, for which SQLite would walk through all grants of the key.
        rows = self._rows(f"{query} AND grantee IN ({marks})", region, key_id, *grantees)
        return tuple(sorted(every(GRANT, rows), key=lambda grant: grant.grant_id))

    def retirable_grants(self, region: str, retiree: str, *, after: str | None, limit: int) -> Sequence[Grant]:
        """Up to `limit` grants, of any keys, that name a retiring principal, in the order of their ids."""
        query = (
            "SELECT record FROM key_grant WHERE region = ? AND retiree = ? AND grant_id > ? ORDER BY grant_id LIMIT ?"
        )
        return every(GRANT, self._rows(query, region, retiree, after or "", limit))

    def custom_key_store(self, region: str, custom_key_store_id: str) -> CustomKeyStore | None:
        """A custom key store by region and id."""
        return self._one(CUSTOM_KEY_STORE, region, custom_key_store_id)

    def custom_key_stores(
        self, account: str, region: str, *, name: str | None, after: str | None, limit: int
    ) -> Sequence[CustomKeyStore]:
        """Up to `limit` custom key stores in the order of their ids, those after an id; the one of a name if given."""
        query = (
            "SELECT record FROM custom_key_store WHERE account = ? AND region = ? AND custom_key_store_id > ?"
            " AND (?4 IS NULL OR name = ?4) ORDER BY custom_key_store_id LIMIT ?5"
        )
        return every(CUSTOM_KEY_STORE, self._rows(query, account, region, after or "", name, limit))

    def account(self, account: str) -> Account | None:
        """An account by its id."""
        return self._one(ACCOUNT, account)

    def accounts(self) -> Sequence[Account]:
        """All accounts in the order of their ids."""
        return every(ACCOUNT, self._rows("SELECT record FROM account ORDER BY id"))

    def user(self, account: str, name: str) -> User | None:
        """A user of an account."""
        return self._one(USER, account, name)

    def group(self, account: str, name: str) -> Group | None:
        """A group of an account."""
        return self._one(GROUP, account, name)

    def role(self, account: str, name: str) -> Role | None:
        """A role of an account."""
        return self._one(ROLE, account, name)

    def instance_profile(self, account: str, name: str) -> InstanceProfile | None:
        """An instance profile of an account."""
        return self._one(INSTANCE_PROFILE, account, name)

    def instance(self, instance_id: str) -> Instance | None:
        """An instance by its id."""
        return self._one(INSTANCE, instance_id)

    def access_key(self, access_key_id: str) -> AccessKey | None:
        """An access key by its id."""
        return self._one(ACCESS_KEY, access_key_id)

    def identity(self, kind: type[Record], *identity: str) -> Record | None:
        """A record of the directory, of any kind, by what identifies it."""
        return self._one(IDENTITIES[kind], *identity)

    def identities(self, kind: type[Record]) -> Sequence[Record]:
        """All records of a kind of the directory's, in the order of what identifies them."""
        return every(IDENTITIES[kind], self._rows(IDENTITIES[kind].select_all))

    def secret(self, name: str) -> bytes | None:
        """A sealed secret of the service's own, by name."""
        rows = self._rows("SELECT sealed FROM secret WHERE name = ?", name)
        return as_bytes(rows[0][0]) if rows else None

    def trail(self, *, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Trail lines committed with changes, in order: (serial number, line), those after a serial number."""
        rows = self._rows("SELECT serial, line FROM trail WHERE serial > ? ORDER BY serial LIMIT ?", after, limit)
        return [(int(str(serial)), as_bytes(line)) for serial, line in rows]

    def due_keys(self, duty: Duty, *, until: float, after: DueKey | None, limit: int) -> Sequence[DueKey]:
        """Up to `limit` keys for which a duty is due at `until` or before, the earliest first, those after one."""
        due = DUE_COLUMNS[duty]
        begin = (after.due, after.region, after.key_id) if after else (float("-inf"), "", "")
        query = (
            f"SELECT {due}, region, key_id FROM key WHERE {due} <= ? AND ({due}, region, key_id) > (?, ?, ?)"  # noqa: S608 - a column of our own
            f" ORDER BY {due}, region, key_id LIMIT ?"
        )
        rows = self._rows(query, until, *begin, limit)
        return [DueKey(float(str(moment)), str(region), str(key_id)) for moment, region, key_id in rows]

    def first_wrapping_key_expiry(self) -> float | None:
        """When the first wrapping key expires (epoch seconds); None if there is none."""
        ((first_expiry,),) = self._rows("SELECT min(expires) FROM wrapping_key")
        return None if first_expiry is None else float(str(first_expiry))

    def job_runs(self) -> Sequence[JobRun]:
        """What the jobs did last, in the order of their names."""
        return every(JOB_RUN, self._rows("SELECT record FROM job_run ORDER BY name"))

    def scrub(self) -> bool:
        """Leave nothing of deleted material in the files; nothing is done if nothing was deleted since the last time.

        The write-ahead log is copied into the file and cut to nothing, which a reader in the middle of a statement
        prevents: then it is False (SQLite documentation, "PRAGMA wal_checkpoint", TRUNCATE). In the file, deleted
        records are overwritten (`connect.open_writer`, secure_delete). But where records were moved between pages,
        what was there before may be left in a page's unused part, once in some thousand deletions: so the file is
        rebuilt too, a large one once a day at most, as changes wait for that (SQLite documentation, "VACUUM").
        """
        with self._writing:
            if self._file_has_traces and self._may_rebuild():
                run(self._open_for_writing(), self._path, "VACUUM", ())
                self._file_has_traces, self._rebuilt = False, time.monotonic()
            if self._log_has_traces:
                ((busy, _, _),) = run(self._open_for_writing(), self._path, "PRAGMA wal_checkpoint(TRUNCATE)", ())
                self._log_has_traces = bool(busy)
            return not self._log_has_traces and not self._file_has_traces

    def _may_rebuild(self) -> bool:
        is_small = self._path.stat().st_size <= REBUILT_AT_ONCE
        return is_small or self._rebuilt is None or time.monotonic() - self._rebuilt >= REBUILT_EVERY

    def version(self) -> int:
        """A number that grows with every committed change, by whichever process."""
        return int(str(self._rows("SELECT number FROM version")[0][0]))

    def close(self) -> None:
        """Close all connections, the writer's last, so that no reader finds itself alone and checkpoints."""
        with self._writing:
            self._closed = True
            for reader in list(self._readers):
                reader.close()
            if self._writer is not None:
                self._writer.close()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _one(self, kind: Kind[Record], *identity: str) -> Record | None:
        return first(kind, self._rows(kind.select, *identity))

    def _rows(self, statement: str, *values: object) -> list[Row]:
        return run(self._reader(), self._path, statement, values)

    def _reader(self) -> sqlite3.Connection:
        """This thread's own reading connection."""
        if self._closed:
            raise StoreError(f"`{self._path}` is closed")
        reader: connect.Connection | None = getattr(self._local, "connection", None)
        if reader is None:
            try:
                reader = connect.open_reader(self._path)
            except sqlite3.Error as error:
                raise StoreError(f"`{self._path}` cannot be opened: {error}") from error
            self._local.connection = reader
            self._readers.add(reader)
        return reader

    def _open_for_writing(self) -> sqlite3.Connection:
        if self._writer is None:
            raise StoreError(f"`{self._path}` is open for reading alone")
        if self._closed:
            raise StoreError(f"`{self._path}` is closed")
        if self._failure is not None:
            raise self._failure
        return self._writer

    def _abandon(self, writer: sqlite3.Connection, error: BaseException) -> None:
        """Roll back; and after an I/O error make no change ever again.

        Once a sync has failed, the kernel may have dropped the pages and report the next one as good: what a later
        commit would promise is no longer known (PostgreSQL wiki, "Fsync Errors"). A full disk is no such case.
        """
        cause = error.__cause__
        if isinstance(cause, sqlite3.Error) and (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in (
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CORRUPT,
        ):
            self._failure = StoreError(f"`{self._path}` failed earlier and takes no more changes: {cause}")
        if writer.in_transaction:
            try:
                writer.execute("ROLLBACK")
            except sqlite3.Error as second:
                self._failure = StoreError(f"`{self._path}` could not roll back: {second}")
