"""The Store on SQLite: one writing connection behind a lock, one reading connection a thread.

A change is durable when `change()` returns (WAL with synchronous=FULL), and every later read sees it, in any thread.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from keyservice.store import connect
from keyservice.store.change import SqlChange
from keyservice.store.port import Name, StoreError
from keyservice.store.query import Row, run, stream
from keyservice.store.reads import SqlReads
from keyservice.store.snapshot import Snapshot

REBUILT_AT_ONCE = 64 * 1024 * 1024
"""Bytes: a file up to this size is rebuilt whenever key material was deleted (half a second)."""

REBUILT_EVERY = 86_400.0
"""Seconds between two rebuilds of a larger file."""


class SqliteStore(SqlReads):
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
            if isinstance(
                error, (OSError, sqlite3.Error, UnicodeDecodeError)
            ):  # the last of a damaged name in a message
                raise StoreError(f"`{path}` cannot be opened: {error}") from error
            raise

    @property
    def healthy(self) -> bool:
        """Whether changes can still be made."""
        return not self._closed and self._failure is None

    @contextmanager
    def change(self) -> Iterator[SqlChange]:
        """One transaction, durable when the block has ended; an exception in it leaves nothing behind."""
        if self._writing_thread == threading.get_ident():
            raise StoreError("a change is already under way in this thread")
        with self._writing:
            writer = self._open_for_writing()
            self._writing_thread = threading.get_ident()
            run(writer, self._path, "BEGIN IMMEDIATE", ())
            change = None
            try:
                change = SqlChange(partial(run, writer, self._path), self._number(writer) + 1)
                yield change
                run(writer, self._path, "UPDATE version SET number = ?", (change.version(),))
                run(writer, self._path, "COMMIT", ())
                self._log_has_traces |= change.has_erased_material
                self._file_has_traces |= change.has_erased_material
            except BaseException as error:
                self._abandon(writer, error)
                raise
            finally:
                self._writing_thread = None
                if change is not None:
                    change.end()

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

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The store as it is now, on a connection of its own, while changes go on.

        Until the block ends the write-ahead log is not cut, and so may grow (SQLite documentation, "Write-Ahead
        Logging", "Avoiding Excessively Large WAL Files").
        """
        if self._closed:
            raise StoreError(f"`{self._path}` is closed")
        with closing(connect.open_reader(self._path)) as reader:
            run(reader, self._path, "BEGIN", ())
            yield Snapshot(partial(stream, reader, self._path))

    def version(self) -> int:
        """A number that grows with every committed change, by whichever process."""
        return self._number(self._reader())

    def touched(self, after: int, until: int) -> frozenset[Name] | None:  # noqa: ARG002 - the port's signature
        """Not known: no other process changes the store, so nobody keeps account of it."""
        return None

    def on_gap(self, forget: Callable[[], None]) -> None:
        """Nothing to do: the version tells of every change."""

    def leads(self) -> bool:
        """True: one process serves a file."""
        return True

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

    def _number(self, connection: sqlite3.Connection) -> int:
        return int(str(run(connection, self._path, "SELECT number FROM version", ())[0][0]))

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
