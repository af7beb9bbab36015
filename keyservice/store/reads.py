"""The reads of a Store that is kept in SQL: what is asked, for whichever database answers.

Statements are written with `?` for each value and in words that both databases know; identifiers compare byte by byte.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.grant import Grant
from keyservice.model.identity import AccessKey, Account, Group, Instance, InstanceProfile, Role, User
from keyservice.model.job_run import JobRun
from keyservice.model.key import Alias, BackingKey, Key
from keyservice.model.schedule import Duty
from keyservice.model.wrapping_key import WrappingKey
from keyservice.store.port import DueKey
from keyservice.store.query import Row, as_bytes, every, first
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


class SqlReads(ABC):
    """Every read of the Store port, by one method that gives a statement's rows."""

    @abstractmethod
    def _rows(self, statement: str, *values: object) -> list[Row]:
        """The rows that a statement gives, with all that has been committed."""

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
        of_account = "SELECT record FROM alias WHERE account = ? AND region = ? AND name > ?"
        begin = (account, region, after or "")
        if key_id is None:
            return every(ALIAS, self._rows(f"{of_account} ORDER BY name LIMIT ?", *begin, limit))
        query = f"{of_account} AND target_key_id = ? ORDER BY name LIMIT ?"
        return every(ALIAS, self._rows(query, *begin, key_id, limit))

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
        if not grantees:
            return ()
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
        of_account = "SELECT record FROM custom_key_store WHERE account = ? AND region = ? AND custom_key_store_id > ?"
        begin = (account, region, after or "")
        if name is None:
            query = f"{of_account} ORDER BY custom_key_store_id LIMIT ?"
            return every(CUSTOM_KEY_STORE, self._rows(query, *begin, limit))
        query = f"{of_account} AND name = ? ORDER BY custom_key_store_id LIMIT ?"
        return every(CUSTOM_KEY_STORE, self._rows(query, *begin, name, limit))

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

    def _one(self, kind: Kind[Record], *identity: str) -> Record | None:
        return first(kind, self._rows(kind.select, *identity))
