"""What a file leaves out: the records of its accounts that it does not name, and what stands in the way of their end.

Accounts and organizations are never among them. Access keys and MFA devices, which no file can list with what is secret
in them, go with their users alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from keyservice.identity.file import Identities
from keyservice.identity.kinds import KINDS
from keyservice.identity.references import managed_policies_of
from keyservice.model.identity import AccessKey, Group, InstanceProfile, ManagedPolicy, MfaDevice, Role, User
from keyservice.store.port import Store

Deleted = tuple[str, Any]
"""What a record is called, and the record."""

_KEPT = frozenset({"organizations", "accounts"})


def unwanted(store: Store, wanted: Identities) -> list[Deleted]:
    """The records to delete, in an order in which nothing is left without what it names."""
    accounts = {account.id for account in wanted.accounts}
    found: list[Deleted] = []
    for part, kind in reversed(tuple(KINDS.items())):
        if part in _KEPT:
            continue
        named = {_identity(record, kind.identity) for record in getattr(wanted, part)}
        for record in store.identities(kind.cls):
            if record.account in accounts and _identity(record, kind.identity) not in named:
                found += [*belongings(store, record)] if isinstance(record, User) else []
                found.append((kind.label, record))
    return found


def belongings(store: Store, user: User) -> Iterator[Deleted]:
    """What goes with a user."""
    things: tuple[tuple[str, AccessKey | MfaDevice], ...] = (
        *(("access key", key) for key in store.identities(AccessKey)),
        *(("MFA device", device) for device in store.identities(MfaDevice)),
    )
    for label, thing in things:
        if (thing.account, thing.user_name) == (user.account, user.name):
            yield label, thing


def deletion_faults(wanted: Identities, gone: Sequence[Deleted]) -> Iterator[str]:
    """What the file names, but leaves out (IAM API Reference, "DeletePolicy", "DeleteGroup": DeleteConflict)."""
    ended = {(type(record), record.account, record.name) for _, record in gone if hasattr(record, "name")}
    policies = {record.arn for _, record in gone if isinstance(record, ManagedPolicy)}
    for label, arn, holder in _attached(wanted):
        if arn in policies:
            yield f"{label} {holder}: managed policy `{arn}` would be deleted"
    for label, holder, kind, name in _named(wanted):
        if (kind, holder.partition("/")[0], name) in ended:
            what = next(row.label for row in KINDS.values() if row.cls is kind)
            yield f"{label} {holder}: {what} `{name}` would be deleted"


def _attached(wanted: Identities) -> Iterator[tuple[str, str, str]]:
    holders: tuple[User | Group | Role, ...] = (*wanted.users, *wanted.groups, *wanted.roles)
    for holder in holders:
        for arn in managed_policies_of(holder):
            yield type(holder).__name__.lower(), arn, f"{holder.account}/{holder.name}"


def _named(wanted: Identities) -> Iterator[tuple[str, str, type, str]]:
    """Who names what by its name: what names it is called, its own name, and the kind and the name of the other."""
    for user in wanted.users:
        yield from (("user", f"{user.account}/{user.name}", Group, name) for name in user.groups)
    for profile in wanted.instance_profiles:
        yield "instance profile", f"{profile.account}/{profile.name}", Role, profile.role
    for instance in wanted.instances:
        yield "instance", f"{instance.account}/{instance.id}", InstanceProfile, instance.instance_profile


def _identity(record: object, fields: Sequence[str]) -> tuple[str, ...]:
    return tuple(getattr(record, field) for field in fields)
