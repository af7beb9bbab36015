"""The Store port: what the service asks of a place that keeps records. One contract suite holds each of them to it.

Reads see every committed change. Writes happen inside `change()`, one transaction at a time, and are durable when it
returns; an exception inside leaves nothing behind.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.grant import Grant
from keyservice.model.identity import AccessKey, Account, Group, Instance, InstanceProfile, Role, User
from keyservice.model.job_run import JobRun
from keyservice.model.key import Alias, BackingKey, Key
from keyservice.model.schedule import Duty
from keyservice.model.wrapping_key import WrappingKey

if TYPE_CHECKING:
    from keyservice.store.snapshot import Snapshot  # which is made of what stands here

Record = TypeVar("Record")
Name = tuple[str, ...]
"""What caches call a record: (kind, identifying fields …)."""


class StoreError(Exception):
    """The store cannot be opened, read or written; the message is one line. Nothing of the failed change is kept."""


class Change(Protocol):
    """One transaction: reads see its own writes, and other changes wait for it."""

    def version(self) -> int:
        """The store's version once this change is committed."""
        ...

    def touched(self) -> frozenset[Name]:
        """What was put or deleted so far: what caches must forget."""
        ...

    def key(self, region: str, key_id: str) -> Key | None:
        """A key by region and id."""
        ...

    def key_count(self, account: str, region: str) -> int:
        """How many keys an account has in a Region."""
        ...

    def alias(self, account: str, region: str, name: str) -> Alias | None:
        """An alias by its name, which starts with `alias/`."""
        ...

    def related_keys(self, key_id: str) -> Sequence[Key]:
        """The keys that have an id, in the order of their regions: a multi-Region key's whole set."""
        ...

    def backing_keys(self, region: str, key_id: str) -> Sequence[BackingKey]:
        """All backing keys of a key, in the order in which they were first put."""
        ...

    def put_key(self, key: Key) -> None:
        """Keep a key in place of what had its id."""
        ...

    def put_backing_key(self, backing_key: BackingKey) -> None:
        """Keep a backing key."""
        ...

    def delete_backing_key(self, region: str, key_id: str, backing_key_id: str) -> None:
        """Delete a backing key, of which nothing is to be remembered."""
        ...

    def wrapping_key(self, region: str, key_id: str, nonce: str) -> WrappingKey | None:
        """A wrapping key of a key."""
        ...

    def put_wrapping_key(self, wrapping_key: WrappingKey) -> None:
        """Keep a wrapping key."""
        ...

    def delete_wrapping_key(self, region: str, key_id: str, nonce: str) -> None:
        """Delete a wrapping key: what was wrapped under it is never unwrapped again."""
        ...

    def delete_expired_wrapping_keys(self, now: float) -> None:
        """Delete the wrapping keys, of whatever key, that expired at `now` or before."""
        ...

    def delete_key(self, region: str, key_id: str) -> None:
        """Delete a key with its backing and wrapping keys, aliases and grants.

        Source: KMS Developer Guide, "Deleting AWS KMS keys".
        """
        ...

    def put_alias(self, alias: Alias) -> None:
        """Keep an alias in place of what had its name."""
        ...

    def delete_alias(self, account: str, region: str, name: str) -> None:
        """Delete an alias; its key stays."""
        ...

    def grant(self, region: str, key_id: str, grant_id: str) -> Grant | None:
        """A grant of a key."""
        ...

    def grants_named(self, region: str, key_id: str, name: str) -> Sequence[Grant]:
        """The grants of a key that were created under a name."""
        ...

    def grant_count(self, region: str, key_id: str) -> int:
        """How many grants a key has."""
        ...

    def put_grant(self, grant: Grant) -> None:
        """Keep a grant."""
        ...

    def delete_grant(self, region: str, key_id: str, grant_id: str) -> None:
        """Delete a grant; what it allowed is no longer allowed."""
        ...

    def custom_key_store(self, region: str, custom_key_store_id: str) -> CustomKeyStore | None:
        """A custom key store by region and id."""
        ...

    def custom_key_store_named(self, account: str, region: str, name: str) -> CustomKeyStore | None:
        """The custom key store of a name."""
        ...

    def custom_key_store_on(self, cluster_id: str) -> CustomKeyStore | None:
        """The custom key store that a cluster belongs to, in whatever account or Region."""
        ...

    def holds_keys(self, region: str, custom_key_store_id: str) -> bool:
        """Whether a custom key store has any KMS key."""
        ...

    def key_on(self, region: str, custom_key_store_id: str, xks_key_id: str) -> Key | None:
        """The KMS key of an external key store that an external key belongs to."""
        ...

    def put_custom_key_store(self, store: CustomKeyStore) -> None:
        """Keep a custom key store. Its name is no other's in account and Region, its cluster no other's at all."""
        ...

    def delete_custom_key_store(self, region: str, custom_key_store_id: str) -> None:
        """Delete a custom key store, which must have no keys."""
        ...

    def put_account(self, account: Account) -> None:
        """Keep an account."""
        ...

    def put_user(self, user: User) -> None:
        """Keep a user in place of the one of that name."""
        ...

    def put_group(self, group: Group) -> None:
        """Keep a group in place of the one of that name."""
        ...

    def put_role(self, role: Role) -> None:
        """Keep a role in place of the one of that name."""
        ...

    def put_instance_profile(self, profile: InstanceProfile) -> None:
        """Keep an instance profile."""
        ...

    def put_instance(self, instance: Instance) -> None:
        """Keep an instance."""
        ...

    def put_access_key(self, access_key: AccessKey) -> None:
        """Keep an access key."""
        ...

    def put_identity(self, record: object) -> None:
        """Keep a record of the directory, of any kind, in place of what had its identity."""
        ...

    def delete_identity(self, record: object) -> None:
        """Delete a record of the directory, of any kind; what names it stays."""
        ...

    def put_secret(self, name: str, sealed: bytes) -> None:
        """Keep a sealed secret of the service's own."""
        ...

    def put_job_run(self, run: JobRun) -> None:
        """Keep what a job did, in place of what it did before."""
        ...

    def append_trail(self, entry: bytes) -> None:
        """Add one line (without line ending) to the trail, to be committed together with the change."""


@dataclass(frozen=True, slots=True, order=True)
class DueKey:
    """A key that something is due for, and when (epoch seconds)."""

    due: float
    region: str
    key_id: str


class Store(Protocol):
    """A place that keeps records."""

    @property
    def healthy(self) -> bool:
        """Whether the store can be read and changed, as far as is known."""
        ...

    def change(self) -> AbstractContextManager[Change]:
        """One transaction, durable when the block has ended."""
        ...

    def key(self, region: str, key_id: str) -> Key | None:
        """A key by region and id."""
        ...

    def related_keys(self, key_id: str) -> Sequence[Key]:
        """The keys that have an id, in the order of their regions: a multi-Region key's whole set."""
        ...

    def backing_key(self, region: str, key_id: str, backing_key_id: str) -> BackingKey | None:
        """One backing key of a key."""
        ...

    def backing_keys(self, region: str, key_id: str) -> Sequence[BackingKey]:
        """All backing keys of a key, in the order in which they were first put."""
        ...

    def wrapping_key(self, region: str, key_id: str, nonce: str) -> WrappingKey | None:
        """A wrapping key of a key."""
        ...

    def keys(self, account: str, region: str, *, after: str | None, limit: int) -> Sequence[Key]:
        """Up to `limit` keys in the order of their ids, those after the id `after`."""
        ...

    def alias(self, account: str, region: str, name: str) -> Alias | None:
        """An alias by its name, which starts with `alias/`."""
        ...

    def aliases(
        self, account: str, region: str, *, key_id: str | None, after: str | None, limit: int
    ) -> Sequence[Alias]:
        """Up to `limit` aliases in the order of their names, those after a name, of one key if `key_id` is given."""
        ...

    def grant(self, region: str, key_id: str, grant_id: str) -> Grant | None:
        """A grant of a key."""
        ...

    def grants(
        self, region: str, key_id: str, *, grantee: str | None, after: str | None, limit: int
    ) -> Sequence[Grant]:
        """Up to `limit` grants of a key in the order of their ids, those after an id, of one grantee if given."""
        ...

    def grants_to(self, region: str, key_id: str, grantees: tuple[str, ...]) -> tuple[Grant, ...]:
        """All grants of a key to any of the grantees, in the order of their ids: what a caller may do through them."""
        ...

    def retirable_grants(self, region: str, retiree: str, *, after: str | None, limit: int) -> Sequence[Grant]:
        """Up to `limit` grants, of any keys, that name a retiring principal, in the order of their ids."""
        ...

    def custom_key_store(self, region: str, custom_key_store_id: str) -> CustomKeyStore | None:
        """A custom key store by region and id."""
        ...

    def custom_key_stores(
        self, account: str, region: str, *, name: str | None, after: str | None, limit: int
    ) -> Sequence[CustomKeyStore]:
        """Up to `limit` custom key stores in the order of their ids, those after an id; the one of a name if given."""
        ...

    def account(self, account: str) -> Account | None:
        """An account by its id."""
        ...

    def accounts(self) -> Sequence[Account]:
        """All accounts in the order of their ids."""
        ...

    def user(self, account: str, name: str) -> User | None:
        """A user of an account."""
        ...

    def group(self, account: str, name: str) -> Group | None:
        """A group of an account."""
        ...

    def role(self, account: str, name: str) -> Role | None:
        """A role of an account."""
        ...

    def instance_profile(self, account: str, name: str) -> InstanceProfile | None:
        """An instance profile of an account."""
        ...

    def instance(self, instance_id: str) -> Instance | None:
        """An instance by its id."""
        ...

    def access_key(self, access_key_id: str) -> AccessKey | None:
        """An access key by its id."""
        ...

    def identity(self, kind: type[Record], *identity: str) -> Record | None:
        """A record of the directory, of any kind, by what identifies it."""
        ...

    def identities(self, kind: type[Record]) -> Sequence[Record]:
        """All records of a kind of the directory's, in the order of what identifies them."""
        ...

    def secret(self, name: str) -> bytes | None:
        """A sealed secret of the service's own (the domain key), by name."""
        ...

    def trail(self, *, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Trail lines committed with changes: (serial number, line), those after a serial number."""
        ...

    def due_keys(self, duty: Duty, *, until: float, after: DueKey | None, limit: int) -> Sequence[DueKey]:
        """Up to `limit` keys for which a duty is due at `until` or before, the earliest first, those after one.

        It takes as long as there are keys due, however many others there are.
        """
        ...

    def first_wrapping_key_expiry(self) -> float | None:
        """When the first wrapping key expires (epoch seconds); None if there is none."""
        ...

    def job_runs(self) -> Sequence[JobRun]:
        """What the jobs did last, in the order of their names."""
        ...

    def scrub(self) -> bool:
        """Leave nothing readable of the key material that was deleted; False if that has to be tried again."""
        ...

    def version(self) -> int:
        """A number that grows with every committed change, by whichever connection: what caches compare.

        A store that other machines change too may give one that was true less than a second ago. It raises StoreError
        if it does not know one as young as that, so that nobody goes on with what he remembers.
        """
        ...

    def touched(self, after: int, until: int) -> frozenset[Name] | None:
        """What the changes after one version and up to another put or deleted; None if that is not known."""
        ...

    def on_gap(self, forget: Callable[[], None]) -> None:
        """Have `forget` called when the store may have become another one, which its version would not tell."""
        ...

    def leads(self) -> bool:
        """Whether this is the one, of the processes that share the store, that looks after the jobs."""
        ...

    def snapshot(self) -> AbstractContextManager["Snapshot"]:
        """The store as it is at this moment, to be read from end to end while changes go on."""
        ...

    def close(self) -> None:
        """Let go of everything; later use raises StoreError."""
        ...
