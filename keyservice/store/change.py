"""One transaction of a Store that is kept in SQL, whichever database it is."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.grant import Grant
from keyservice.model.identity import AccessKey, Account, Group, Instance, InstanceProfile, Role, User
from keyservice.model.job_run import JobRun
from keyservice.model.key import Alias, BackingKey, Key
from keyservice.model.wrapping_key import WrappingKey
from keyservice.store.port import StoreError
from keyservice.store.query import Row, every, first
from keyservice.store.rows import (
    ACCESS_KEY,
    ACCOUNT,
    ALIAS,
    BACKING_KEY,
    BACKING_KEYS,
    CUSTOM_KEY_STORE,
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


class SqlChange:
    """One transaction; usable until its `change()` block ends. `run` gives a statement's rows within it."""

    def __init__(self, run: Callable[[str, Sequence[object]], list[Row]], version: int) -> None:
        self._runner: Callable[[str, Sequence[object]], list[Row]] | None = run
        self._touched: set[tuple[str, ...]] = set()
        self._version = version
        self.has_erased_material = False

    def version(self) -> int:
        """The store's version once this change is committed."""
        return self._version

    def touched(self) -> frozenset[tuple[str, ...]]:
        """What was put or deleted so far, as (kind, identifying fields …)."""
        return frozenset(self._touched)

    def key(self, region: str, key_id: str) -> Key | None:
        """A key, as this change sees it."""
        return self._one(KEY, region, key_id)

    def key_count(self, account: str, region: str) -> int:
        """How many keys an account has in a Region."""
        rows = self._rows("SELECT count(*) FROM key WHERE account = ? AND region = ?", account, region)
        return int(str(rows[0][0]))

    def alias(self, account: str, region: str, name: str) -> Alias | None:
        """An alias, as this change sees it."""
        return self._one(ALIAS, account, region, name)

    def related_keys(self, key_id: str) -> Sequence[Key]:
        """The keys that have an id, in the order of their regions, as this change sees them."""
        return every(KEY, self._rows(RELATED_KEYS, key_id))

    def backing_keys(self, region: str, key_id: str) -> Sequence[BackingKey]:
        """All backing keys of a key, in the order in which they were first put, as this change sees them."""
        return every(BACKING_KEY, self._rows(BACKING_KEYS, region, key_id))

    def put_key(self, key: Key) -> None:
        """Keep a key in place of what had its id."""
        self._put(KEY, key)

    def put_backing_key(self, backing_key: BackingKey) -> None:
        """Keep a backing key."""
        self._put(BACKING_KEY, backing_key)
        self.has_erased_material |= not backing_key.wrapped

    def delete_backing_key(self, region: str, key_id: str, backing_key_id: str) -> None:
        """Delete a backing key."""
        self._delete(BACKING_KEY, region, key_id, backing_key_id)

    def wrapping_key(self, region: str, key_id: str, nonce: str) -> WrappingKey | None:
        """A wrapping key of a key, as this change sees it."""
        return self._one(WRAPPING_KEY, region, key_id, nonce)

    def put_wrapping_key(self, wrapping_key: WrappingKey) -> None:
        """Keep a wrapping key."""
        self._put(WRAPPING_KEY, wrapping_key)

    def delete_wrapping_key(self, region: str, key_id: str, nonce: str) -> None:
        """Delete a wrapping key."""
        self._delete(WRAPPING_KEY, region, key_id, nonce)

    def delete_expired_wrapping_keys(self, now: float) -> None:
        """Delete the wrapping keys that expired at `now` or before."""
        for row in self._rows("SELECT region, key_id, nonce FROM wrapping_key WHERE expires <= ?", now):
            self._delete(WRAPPING_KEY, *(str(value) for value in row))

    def delete_key(self, region: str, key_id: str) -> None:
        """Delete a key with all that is kept of it (KMS Developer Guide, "Deleting AWS KMS keys")."""
        backing_keys = "SELECT region, key_id, backing_key_id FROM backing_key WHERE region = ? AND key_id = ?"
        aliases = "SELECT account, region, name FROM alias WHERE region = ? AND target_key_id = ?"
        grants = "SELECT region, key_id, grant_id FROM key_grant WHERE region = ? AND key_id = ?"
        wrapping_keys = "SELECT region, key_id, nonce FROM wrapping_key WHERE region = ? AND key_id = ?"
        kinds = ((BACKING_KEY, backing_keys), (ALIAS, aliases), (GRANT, grants), (WRAPPING_KEY, wrapping_keys))
        for kind, query in kinds:
            for row in self._rows(query, region, key_id):
                self._delete(kind, *(str(value) for value in row))
        self._delete(KEY, region, key_id)

    def put_alias(self, alias: Alias) -> None:
        """Keep an alias in place of what had its name."""
        self._put(ALIAS, alias)

    def delete_alias(self, account: str, region: str, name: str) -> None:
        """Delete an alias; its key stays."""
        self._delete(ALIAS, account, region, name)

    def grant(self, region: str, key_id: str, grant_id: str) -> Grant | None:
        """A grant of a key, as this change sees it."""
        return self._one(GRANT, region, key_id, grant_id)

    def grants_named(self, region: str, key_id: str, name: str) -> Sequence[Grant]:
        """The grants of a key that were created under a name."""
        query = "SELECT record FROM key_grant WHERE region = ? AND key_id = ? AND name = ?"
        return sorted(every(GRANT, self._rows(query, region, key_id, name)), key=lambda grant: grant.grant_id)

    def grant_count(self, region: str, key_id: str) -> int:
        """How many grants a key has."""
        rows = self._rows("SELECT count(*) FROM key_grant WHERE region = ? AND key_id = ?", region, key_id)
        return int(str(rows[0][0]))

    def put_grant(self, grant: Grant) -> None:
        """Keep a grant."""
        self._put(GRANT, grant)

    def delete_grant(self, region: str, key_id: str, grant_id: str) -> None:
        """Delete a grant."""
        self._delete(GRANT, region, key_id, grant_id)

    def custom_key_store(self, region: str, custom_key_store_id: str) -> CustomKeyStore | None:
        """A custom key store, as this change sees it."""
        return self._one(CUSTOM_KEY_STORE, region, custom_key_store_id)

    def custom_key_store_named(self, account: str, region: str, name: str) -> CustomKeyStore | None:
        """The custom key store of a name."""
        query = "SELECT record FROM custom_key_store WHERE account = ? AND region = ? AND name = ?"
        return first(CUSTOM_KEY_STORE, self._rows(query, account, region, name))

    def custom_key_store_on(self, cluster_id: str) -> CustomKeyStore | None:
        """The custom key store that a cluster belongs to."""
        query = "SELECT record FROM custom_key_store WHERE cluster_id = ?"
        return first(CUSTOM_KEY_STORE, self._rows(query, cluster_id))

    def holds_keys(self, region: str, custom_key_store_id: str) -> bool:
        """Whether a custom key store has any KMS key."""
        query = "SELECT 1 FROM key WHERE region = ? AND custom_key_store_id = ? LIMIT 1"
        return bool(self._rows(query, region, custom_key_store_id))

    def key_on(self, region: str, custom_key_store_id: str, xks_key_id: str) -> Key | None:
        """The KMS key of an external key store that an external key belongs to, found by a look at each of them."""
        query = "SELECT record FROM key WHERE region = ? AND custom_key_store_id = ?"
        keys = every(KEY, self._rows(query, region, custom_key_store_id))
        return next((key for key in keys if key.xks_key_id == xks_key_id), None)

    def put_custom_key_store(self, store: CustomKeyStore) -> None:
        """Keep a custom key store."""
        self._put(CUSTOM_KEY_STORE, store)

    def delete_custom_key_store(self, region: str, custom_key_store_id: str) -> None:
        """Delete a custom key store."""
        self._delete(CUSTOM_KEY_STORE, region, custom_key_store_id)

    def put_account(self, account: Account) -> None:
        """Keep an account."""
        self._put(ACCOUNT, account)

    def put_user(self, user: User) -> None:
        """Keep a user."""
        self._put(USER, user)

    def put_group(self, group: Group) -> None:
        """Keep a group."""
        self._put(GROUP, group)

    def put_role(self, role: Role) -> None:
        """Keep a role."""
        self._put(ROLE, role)

    def put_instance_profile(self, profile: InstanceProfile) -> None:
        """Keep an instance profile."""
        self._put(INSTANCE_PROFILE, profile)

    def put_instance(self, instance: Instance) -> None:
        """Keep an instance."""
        self._put(INSTANCE, instance)

    def put_access_key(self, access_key: AccessKey) -> None:
        """Keep an access key."""
        self._put(ACCESS_KEY, access_key)

    def put_identity(self, record: object) -> None:
        """Keep a record of the directory, of any kind."""
        self._put(IDENTITIES[type(record)], record)

    def delete_identity(self, record: object) -> None:
        """Delete a record of the directory, of any kind; what names it stays."""
        kind = IDENTITIES[type(record)]
        self._delete(kind, *kind.name(record)[1:])

    def put_secret(self, name: str, sealed: bytes) -> None:
        """Keep a sealed secret of the service's own."""
        self._run(
            "INSERT INTO secret (name, sealed) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
            name,
            sealed,
        )

    def put_job_run(self, run: JobRun) -> None:
        """Keep what a job did, in place of what it did before."""
        self._put(JOB_RUN, run)

    def append_trail(self, entry: bytes) -> None:
        """Add one line to the trail, committed together with the change."""
        self._run("INSERT INTO trail (line) VALUES (?)", entry)

    def end(self) -> None:
        """Let no later use of this change reach the database."""
        self._runner = None

    def _one(self, kind: Kind[Record], *identity: str) -> Record | None:
        return first(kind, self._rows(kind.select, *identity))

    def _put(self, kind: Kind[Record], record: Record) -> None:
        self._run(kind.upsert, *kind.row(record))
        self._touched.add(kind.name(record))

    def _delete(self, kind: Kind[Any], *identity: str) -> None:
        self._run(kind.delete, *identity)
        self._touched.add((kind.table, *identity))
        self.has_erased_material |= kind is BACKING_KEY or kind is WRAPPING_KEY

    def _run(self, statement: str, *values: object) -> None:
        self._rows(statement, *values)

    def _rows(self, statement: str, *values: object) -> list[Row]:
        if self._runner is None:
            raise StoreError("this change has ended")
        return self._runner(statement, values)
