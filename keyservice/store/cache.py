"""A cache in front of a Store: the reads of the hot path become a dict lookup once they are warm.

Invariant: a read never gives anything older than a change of this process that had returned before the read began. A
value is remembered only if nothing was forgotten between its reading and its remembering, and a change forgets what it
touched after its commit and before it returns. Changes of other processes are noticed by comparing `version()` every
`interval` seconds at most: with one serving process nobody else changes the store, and other nodes have one second.
Several workers on one machine take `interval=0`: one short read of the store before every cached read. Nothing is
answered from memory when `version()` fails.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TypeVar, cast

from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.grant import Grant
from keyservice.model.identity import AccessKey, Account, Group, Instance, InstanceProfile, Role, User
from keyservice.model.job_run import JobRun
from keyservice.model.key import Alias, BackingKey, Key
from keyservice.model.schedule import Duty
from keyservice.model.wrapping_key import WrappingKey
from keyservice.store.port import Change, DueKey, Name, Store
from keyservice.store.rows import (
    ACCESS_KEY,
    ACCOUNT,
    ALIAS,
    BACKING_KEY,
    CUSTOM_KEY_STORE,
    GRANT,
    GROUP,
    IDENTITIES,
    KEY,
    ROLE,
    USER,
)
from keyservice.store.snapshot import Snapshot

Record = TypeVar("Record")

_GRANTS_TO = "grants of a key, by grantees"
_MOST_GRANTEES = 256  # of one key

_UNKNOWN = -1  # below every version
_ABSENT = object()  # not in the cache; None in it means that the store has no such record


class CachedStore:
    """A Store whose single-record reads are remembered, at most `size` of them, and a key's grants to a grantee.

    Other lists always ask the store.
    """

    def __init__(
        self,
        store: Store,
        *,
        interval: float = 0.25,
        size: int = 50_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._interval = interval
        self._size = size
        self._monotonic = monotonic
        self._records: dict[Name, object] = {}
        self._lock = threading.Lock()
        self._forgettings = 0
        self._known = store.version()
        self._compared = monotonic()
        store.on_gap(self.forget_all)

    @property
    def healthy(self) -> bool:
        """Whether the store can be read and changed, as far as is known."""
        return self._store.healthy

    @contextmanager
    def change(self) -> Iterator[Change]:
        """One transaction; what it touched is forgotten before it returns."""
        committing = False
        try:
            with self._store.change() as change:
                yield change
                committing = True
        except BaseException:
            if committing:
                self.forget_all()  # whether a commit that failed took place is not known
            raise
        self._forget(change.touched(), change.version())

    def forget_all(self) -> None:
        """Start over, and take no version for known."""
        with self._lock:
            self._forgettings += 1
            self._records.clear()
            self._known = _UNKNOWN

    def key(self, region: str, key_id: str) -> Key | None:
        """A key by region and id."""
        return self._remembered((KEY.table, region, key_id), self._store.key)

    def backing_key(self, region: str, key_id: str, backing_key_id: str) -> BackingKey | None:
        """One backing key of a key."""
        return self._remembered((BACKING_KEY.table, region, key_id, backing_key_id), self._store.backing_key)

    def alias(self, account: str, region: str, name: str) -> Alias | None:
        """An alias by its name, which starts with `alias/`."""
        return self._remembered((ALIAS.table, account, region, name), self._store.alias)

    def grant(self, region: str, key_id: str, grant_id: str) -> Grant | None:
        """A grant of a key."""
        return self._store.grant(region, key_id, grant_id)

    def grants(
        self, region: str, key_id: str, *, grantee: str | None, after: str | None, limit: int
    ) -> Sequence[Grant]:
        """Up to `limit` grants of a key in the order of their ids, those after an id, of one grantee if given."""
        return self._store.grants(region, key_id, grantee=grantee, after=after, limit=limit)

    def grants_to(self, region: str, key_id: str, grantees: tuple[str, ...]) -> tuple[Grant, ...]:
        """All grants of a key to any of the grantees, in the order of their ids; nearly always there are none at all.

        What is read for a grantee is kept in a dict of the key's own. Invariant: whoever changes a grant of the key has
        that dict forgotten, so that what was read before the change and filed after it is found by nobody.
        """
        known = self._remembered((_GRANTS_TO, region, key_id), self._no_grantees)
        if known is None:
            return ()
        found = known.get(grantees)
        if found is None:
            found = self._store.grants_to(region, key_id, grantees)
            if len(known) >= _MOST_GRANTEES:
                known.clear()
            known[grantees] = found
        return found

    def retirable_grants(self, region: str, retiree: str, *, after: str | None, limit: int) -> Sequence[Grant]:
        """Up to `limit` grants, of any keys, that name a retiring principal, in the order of their ids."""
        return self._store.retirable_grants(region, retiree, after=after, limit=limit)

    def custom_key_store(self, region: str, custom_key_store_id: str) -> CustomKeyStore | None:
        """A custom key store by region and id."""
        return self._remembered((CUSTOM_KEY_STORE.table, region, custom_key_store_id), self._store.custom_key_store)

    def custom_key_stores(
        self, account: str, region: str, *, name: str | None, after: str | None, limit: int
    ) -> Sequence[CustomKeyStore]:
        """Up to `limit` custom key stores in the order of their ids, those after an id; the one of a name if given."""
        return self._store.custom_key_stores(account, region, name=name, after=after, limit=limit)

    def account(self, account: str) -> Account | None:
        """An account by its id."""
        return self._remembered((ACCOUNT.table, account), self._store.account)

    def user(self, account: str, name: str) -> User | None:
        """A user of an account."""
        return self._remembered((USER.table, account, name), self._store.user)

    def group(self, account: str, name: str) -> Group | None:
        """A group of an account."""
        return self._remembered((GROUP.table, account, name), self._store.group)

    def role(self, account: str, name: str) -> Role | None:
        """A role of an account."""
        return self._remembered((ROLE.table, account, name), self._store.role)

    def access_key(self, access_key_id: str) -> AccessKey | None:
        """An access key by its id."""
        return self._remembered((ACCESS_KEY.table, access_key_id), self._store.access_key)

    def identity(self, kind: type[Record], *identity: str) -> Record | None:
        """A record of the directory, of any kind, by what identifies it."""
        return self._remembered((IDENTITIES[kind].table, *identity), partial(self._store.identity, kind))

    def identities(self, kind: type[Record]) -> Sequence[Record]:
        """All records of a kind of the directory's, in the order of what identifies them."""
        return self._store.identities(kind)

    def related_keys(self, key_id: str) -> Sequence[Key]:
        """The keys that have an id, in the order of their regions."""
        return self._store.related_keys(key_id)

    def wrapping_key(self, region: str, key_id: str, nonce: str) -> WrappingKey | None:
        """A wrapping key of a key."""
        return self._store.wrapping_key(region, key_id, nonce)

    def backing_keys(self, region: str, key_id: str) -> Sequence[BackingKey]:
        """All backing keys of a key, in the order in which they were first put."""
        return self._store.backing_keys(region, key_id)

    def keys(self, account: str, region: str, *, after: str | None, limit: int) -> Sequence[Key]:
        """Up to `limit` keys in the order of their ids, those after the id `after`."""
        return self._store.keys(account, region, after=after, limit=limit)

    def aliases(
        self, account: str, region: str, *, key_id: str | None, after: str | None, limit: int
    ) -> Sequence[Alias]:
        """Up to `limit` aliases in the order of their names, those after a name, of one key if given."""
        return self._store.aliases(account, region, key_id=key_id, after=after, limit=limit)

    def accounts(self) -> Sequence[Account]:
        """All accounts in the order of their ids."""
        return self._store.accounts()

    def instance_profile(self, account: str, name: str) -> InstanceProfile | None:
        """An instance profile of an account."""
        return self._store.instance_profile(account, name)

    def instance(self, instance_id: str) -> Instance | None:
        """An instance by its id."""
        return self._store.instance(instance_id)

    def secret(self, name: str) -> bytes | None:
        """A sealed secret of the service's own, by name."""
        return self._store.secret(name)

    def trail(self, *, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Trail lines committed with changes, those after a serial number."""
        return self._store.trail(after=after, limit=limit)

    def due_keys(self, duty: Duty, *, until: float, after: DueKey | None, limit: int) -> Sequence[DueKey]:
        """Up to `limit` keys for which a duty is due at `until` or before, the earliest first, those after one."""
        return self._store.due_keys(duty, until=until, after=after, limit=limit)

    def first_wrapping_key_expiry(self) -> float | None:
        """When the first wrapping key expires (epoch seconds); None if there is none."""
        return self._store.first_wrapping_key_expiry()

    def job_runs(self) -> Sequence[JobRun]:
        """What the jobs did last, in the order of their names."""
        return self._store.job_runs()

    def scrub(self) -> bool:
        """Leave nothing readable of the key material that was deleted; False if that has to be tried again."""
        return self._store.scrub()

    def version(self) -> int:
        """The store's version, asked of the store."""
        return self._store.version()

    def touched(self, after: int, until: int) -> frozenset[Name] | None:
        """What the changes after one version and up to another put or deleted; None if that is not known."""
        return self._store.touched(after, until)

    def on_gap(self, forget: Callable[[], None]) -> None:
        """Have `forget` called when the store may have become another one."""
        self._store.on_gap(forget)

    def leads(self) -> bool:
        """Whether this is the one, of the processes that share the store, that looks after the jobs."""
        return self._store.leads()

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The store as it is at this moment, whatever is remembered."""
        return self._store.snapshot()

    def close(self) -> None:
        """Close the store."""
        self._store.close()
        self.forget_all()

    def _remembered(self, name: Name, read: Callable[..., Record | None]) -> Record | None:
        if self._monotonic() - self._compared >= self._interval:
            self._compare()
        found = self._records.get(name, _ABSENT)
        if found is not _ABSENT:
            return cast("Record | None", found)
        forgettings = self._forgettings
        record = read(*name[1:])
        with self._lock:
            if forgettings == self._forgettings:
                self._make_room()
                self._records[name] = record
        return record

    def _no_grantees(self, region: str, key_id: str) -> dict[tuple[str, ...], tuple[Grant, ...]] | None:
        """Where a key's grants are filed as they are asked for; None if it has no grants."""
        return {} if self._store.grants(region, key_id, grantee=None, after=None, limit=1) else None

    def _make_room(self) -> None:
        """Drop the oldest entry of a full cache: a hot record is soon read again, and no hit pays for bookkeeping."""
        if len(self._records) >= self._size:
            del self._records[next(iter(self._records))]

    def _forget(self, names: frozenset[Name], version: int) -> None:
        with self._lock:
            if version == self._known + 1:
                self._known = version  # nobody else made a change in between
            self._drop(names)

    def _drop(self, names: frozenset[Name]) -> None:
        self._forgettings += 1
        for name in names:
            self._records.pop(name, None)
            if name[0] == GRANT.table:
                self._records.pop((_GRANTS_TO, *name[1:3]), None)

    def _compare(self) -> None:
        """Forget what other processes have changed: everything, unless the store knows what it was."""
        moment, known = self._monotonic(), self._known
        version = self._store.version()
        names = self._store.touched(known, version) if version > known else None
        with self._lock:
            if self._known < known:
                return  # all was forgotten meanwhile, and `version` may be another store's
            self._compared = moment
            if version <= self._known:
                return  # nobody has changed anything but this process, since the version was asked for
            if names is not None and known == self._known:
                self._drop(names)
            else:
                self._forgettings += 1
                self._records.clear()
            self._known = version
