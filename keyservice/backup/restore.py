"""Restoring a backup, and verifying one without restoring it."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from keyservice.backup.header import BackupError
from keyservice.backup.read import Keys, OpenedBackup, open_backup
from keyservice.crypto.wrapping import RecordIdentity, UnwrapError, unwrap
from keyservice.data_directory import DataDirectory
from keyservice.keystore import hsm, root_file, software, xks
from keyservice.keystore.domain import Domain
from keyservice.keystore.root_sealing import Sealing
from keyservice.model.key import BackingKey, Key
from keyservice.store.opening import name_store, open_store
from keyservice.store.port import Store, StoreError
from keyservice.store.snapshot import decode, put
from keyservice.store.sqlite import SqliteStore

AT_ONCE = 1000
"""Records: what one transaction of a restore puts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a backup was found to hold: how many records of each kind, and how many backing keys opened.

    `erased` are backing keys whose material is gone, as imported material that expired is.
    """

    created: float
    root_id: str
    trail_serial: int
    trail_segment: str
    counts: Mapping[str, int]
    opened: int
    erased: int


def verify(path: Path, keys: Keys) -> Report:
    """Read a backup to its end, decode every record, and open every backing key.

    Raises:
        BackupError: if anything of that fails.
    """
    with open_backup(path, keys) as backup:
        checked = _Checked(backup.domain)
        for _ in checked.records(backup):
            pass
        return checked.report(backup)


def restore(path: Path, keys: Keys, data: Path, sealing: Sealing, url: str | None = None) -> Report:
    """Make a data directory of a backup: its store, and its root key, sealed as asked.

    A file gets its name only when all of the backup has been read and was authentic. A database that a `url` names must
    be empty; what is cut short leaves a part in it, which no service takes. The root key comes last.

    Raises:
        BackupError, StoreError, UnsealError: if the directory is not empty, or anything fails; then nothing is served
            from it.
    """
    place = DataDirectory(data)
    if data.exists() and any(data.iterdir()):
        raise BackupError(f"`{data}` is not empty: a backup is restored to a new directory")
    with open_backup(path, keys) as backup:
        sealed = sealing.seal(backup.root, os.urandom)  # before anything is made: an HSM may not answer
        place.create()
        report = _load_file(backup, place) if url is None else _load_database(backup, place, url)
        root_file.create(place.root_key, sealed)
    return report


def _load_file(backup: OpenedBackup, place: DataDirectory) -> Report:
    draft = place.store.with_name("restoring.db")
    try:
        with closing(SqliteStore.open(draft, create=True)) as store:
            report = load(backup, store)
        draft.replace(place.store)
    except BaseException:
        _remove(draft)
        raise
    draft.with_name(draft.name + ".lock").unlink(missing_ok=True)
    return report


def _load_database(backup: OpenedBackup, place: DataDirectory, url: str) -> Report:
    name_store(place, url)
    with closing(open_store(place)) as store:
        return load(backup, store)


def load(backup: OpenedBackup, store: Store) -> Report:
    """Put all that a backup holds into an empty store, of whatever kind.

    The service's own secrets come last: a store without them is refused, so that one that was filled in part is.

    Raises:
        BackupError, StoreError: if the store is not empty, or anything fails.
    """
    if store.accounts():
        raise BackupError("the store is not empty: a backup is restored to a new one")
    checked = _Checked(backup.domain)
    records = checked.records(backup)
    while batch := list(islice(records, AT_ONCE)):
        with store.change() as change:
            for table, record in batch:
                put(change, table, record)
    with store.change() as change:
        for name, sealed in backup.secrets:
            change.put_secret(name, sealed)
    return checked.report(backup)


class _Checked:
    """What has been read of a backup, and that every backing key opens."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._counts: Counter[str] = Counter()
        self._key: Key | None = None
        self._opened = 0
        self._erased = 0

    def records(self, backup: OpenedBackup) -> Iterator[tuple[str, object]]:
        """The records: (table, record)."""
        for table, stored in backup.records:
            try:
                record = decode(table, stored)
            except StoreError as error:
                raise BackupError(str(error)) from None
            self._counts[table] += 1
            if isinstance(record, Key):
                self._key = record
            elif isinstance(record, BackingKey):
                self._open(record)
            yield table, record

    def report(self, backup: OpenedBackup) -> Report:
        """What it held."""
        header = backup.header
        return Report(
            created=header.created,
            root_id=header.root_id,
            trail_serial=header.trail_serial,
            trail_segment=header.trail_segment,
            counts=dict(self._counts),
            opened=self._opened,
            erased=self._erased,
        )

    def _open(self, backing: BackingKey) -> None:
        key = self._key
        if key is None or (key.region, key.key_id) != (backing.region, backing.key_id):
            raise BackupError(f"backing key {backing.backing_key_id} stands behind another key")
        if not backing.wrapped:
            self._erased += 1
            return
        record = RecordIdentity(
            type=_type_of(key),
            root_id=self._domain.domain_id,
            account=backing.account,
            key_id=backing.key_id,
            backing_key_id=backing.backing_key_id,
            spec=key.spec,
        )
        try:
            unwrap(self._domain.key, record, backing.wrapped)
        except UnwrapError:
            raise BackupError(f"backing key {backing.backing_key_id} of key {key.arn} does not open") from None
        self._opened += 1


def _type_of(key: Key) -> str:
    """What kind of record a key's backing keys are."""
    if key.custom_key_store_id is None:
        return software.RECORD_TYPE
    return hsm.RECORD_TYPE if key.xks_key_id is None else xks.RECORD_TYPE


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", ".lock"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
