"""From an identities file to the store: what would be created, updated or left as it is, and the doing of it.

Nothing is deleted: what a file does not mention stays as it is. Whatever is kept keeps its unique id, so that sessions
and policies bound to the id live on; whatever is new gets one (IAM User Guide, "IAM identifiers", Unique identifiers).
"""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keyservice.crypto.encoding import encode_text
from keyservice.identity.directory import NewAccessKey, RandomBytes, create_access_key, open_secret
from keyservice.identity.document import IdentitiesError
from keyservice.identity.file import Identities, WantedAccessKey
from keyservice.ids import ACCESS_KEY_PREFIX, GROUP_PREFIX, ROLE_PREFIX, USER_PREFIX, unique_id
from keyservice.model.identity import Account, Group, Instance, InstanceProfile, Role, User
from keyservice.store.port import Change, Store

Record = Account | User | Group | Role | InstanceProfile | Instance | WantedAccessKey


class StepKind(StrEnum):
    """What happens to a record."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens to one record."""

    kind: StepKind
    label: str
    record: Record

    def __str__(self) -> str:
        """A line of the plan, as the command prints it: `create    role 111122223333/WebServer`."""
        return f"{self.kind:<9} {self.label} {_name(self.record)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was done: the plan, and the access keys that were made, with their secrets."""

    steps: tuple[Step, ...]
    access_keys: tuple[NewAccessKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A row of the table below: how records of a kind are found and kept, and where their unique id stands."""

    label: str
    find: Callable[[Store, Any], Any]
    put: Callable[[Change, Any], None]
    unique_id: tuple[str, str] | None = None  # the field, and the prefix of its values


# In this order, so that whatever is named by another record is listed before it.
_KINDS: Mapping[str, _Kind] = {
    "accounts": _Kind(
        label="account",
        find=lambda store, account: store.account(account.id),
        put=lambda change, account: change.put_account(account),
    ),
    "groups": _Kind(
        label="group",
        find=lambda store, group: store.group(group.account, group.name),
        put=lambda change, group: change.put_group(group),
        unique_id=("group_id", GROUP_PREFIX),
    ),
    "users": _Kind(
        label="user",
        find=lambda store, user: store.user(user.account, user.name),
        put=lambda change, user: change.put_user(user),
        unique_id=("user_id", USER_PREFIX),
    ),
    "roles": _Kind(
        label="role",
        find=lambda store, role: store.role(role.account, role.name),
        put=lambda change, role: change.put_role(role),
        unique_id=("role_id", ROLE_PREFIX),
    ),
    "instance_profiles": _Kind(
        label="instance profile",
        find=lambda store, profile: store.instance_profile(profile.account, profile.name),
        put=lambda change, profile: change.put_instance_profile(profile),
    ),
    "instances": _Kind(
        label="instance",
        find=lambda store, instance: store.instance(instance.id),
        put=lambda change, instance: change.put_instance(instance),
    ),
}
_PUTS = {kind.label: kind.put for kind in _KINDS.values()}


def plan(store: Store, domain_key: bytes, wanted: Identities, *, random: RandomBytes) -> tuple[Step, ...]:
    """The steps that make the store hold what is wanted.

    Raises:
        IdentitiesError: the file names something that neither it nor the store has, or what is another's already.
    """
    faults = [*_unknown_names(store, wanted), *_taken(store, wanted)]
    if faults:
        raise IdentitiesError(faults)
    steps = [_step(store, kind, record, random) for part, kind in _KINDS.items() for record in getattr(wanted, part)]
    users = {(step.record.account, step.record.name): step.record for step in steps if isinstance(step.record, User)}
    keys = _identified(store, wanted.access_keys, users)
    return (*steps, *(_access_key_step(store, domain_key, key) for key in keys))


def apply(store: Store, domain_key: bytes, wanted: Identities, *, now: float, random: RandomBytes) -> Applied:
    """Plan and do it, in one change: all of it or nothing. A second time there is nothing to do.

    Raises:
        IdentitiesError: as for `plan`; the store is as before.
    """
    made = []
    with store.change() as change:
        # Planned inside the change: two files applied at once cannot both believe that they create the same role.
        steps = plan(store, domain_key, wanted, random=random)
        for step in steps:
            if step.kind is StepKind.UNCHANGED:
                continue
            if not isinstance(step.record, WantedAccessKey):
                _PUTS[step.label](change, step.record)
                continue
            key = create_access_key(
                change,
                domain_key,
                step.record.account,
                step.record.user_name,
                now=now,
                random=random,
                access_key_id=step.record.access_key_id,
                secret=step.record.secret,
            )
            if step.record.secret is None:
                made.append(key)
    return Applied(steps=steps, access_keys=tuple(made))


def _step(store: Store, kind: _Kind, record: Any, random: RandomBytes) -> Step:
    kept = kind.find(store, record)
    if kind.unique_id:
        name, prefix = kind.unique_id
        value = unique_id(prefix, random(10)) if kept is None else getattr(kept, name)
        record = dataclasses.replace(record, **{name: value})
    change = StepKind.CREATE if kept is None else StepKind.UNCHANGED if kept == record else StepKind.UPDATE
    return Step(kind=change, label=kind.label, record=record)


def _access_key_step(store: Store, domain_key: bytes, wanted: WantedAccessKey) -> Step:
    kept = store.access_key(wanted.access_key_id or "")
    if kept is None:
        kind = StepKind.CREATE
    elif wanted.secret is None or wanted.secret == open_secret(domain_key, kept):
        kind = StepKind.UNCHANGED
    else:
        kind = StepKind.UPDATE
    return Step(kind=kind, label="access key", record=wanted)


def _identified(
    store: Store, keys: Sequence[WantedAccessKey], users: Mapping[tuple[str, str], User]
) -> Iterator[WantedAccessKey]:
    """The access keys with their ids. That of one to be made follows from its user, so that it is made only once."""
    ordinals: Counter[tuple[str, str]] = Counter()
    for key in keys:
        owner = (key.account, key.user_name)
        user = users.get(owner) or store.user(*owner)
        if key.access_key_id is None and user is not None:
            ordinals[owner] += 1
            yield dataclasses.replace(key, access_key_id=_made_id(user, ordinals[owner]))
        else:
            yield key


def _made_id(user: User, ordinal: int) -> str:
    """An access key id is no secret and may be foreseen; a recreated user has another unique id, and so another key."""
    named = b"".join(encode_text(part) for part in ("access key", user.account, user.user_id, str(ordinal)))
    return unique_id(ACCESS_KEY_PREFIX, hashlib.sha256(named).digest())


def _unknown_names(store: Store, wanted: Identities) -> Iterator[str]:
    """Names that stand for nothing, in the file or in the store."""
    users = {(user.account, user.name) for user in wanted.users}
    groups = {(group.account, group.name) for group in wanted.groups}
    roles = {(role.account, role.name) for role in wanted.roles}
    profiles = {(profile.account, profile.name) for profile in wanted.instance_profiles}
    for user in wanted.users:
        for name in user.groups:
            if (user.account, name) not in groups and store.group(user.account, name) is None:
                yield f"user {user.account}/{user.name}: there is no group `{name}`"
    for profile in wanted.instance_profiles:
        if (profile.account, profile.role) not in roles and store.role(profile.account, profile.role) is None:
            yield f"instance profile {profile.account}/{profile.name}: there is no role `{profile.role}`"
    for instance in wanted.instances:
        at = (instance.account, instance.instance_profile)
        if at not in profiles and store.instance_profile(*at) is None:
            yield f"instance {instance.account}/{instance.id}: there is no instance profile `{at[1]}`"
    for key in wanted.access_keys:
        owner = (key.account, key.user_name)
        if owner not in users and store.user(*owner) is None:
            yield f"access key of {key.account}/{key.user_name}: there is no user `{key.user_name}`"


def _taken(store: Store, wanted: Identities) -> Iterator[str]:
    """Ids that are unique over all accounts and belong to somebody else."""
    for instance in wanted.instances:
        kept = store.instance(instance.id)
        if kept is not None and kept.account != instance.account:
            yield f"instance {instance.account}/{instance.id}: the instance is account {kept.account}'s"
    for key in wanted.access_keys:
        owner = store.access_key(key.access_key_id) if key.access_key_id else None
        if owner is not None and (owner.account, owner.user_name) != (key.account, key.user_name):
            yield f"access key of {key.account}/{key.user_name}: `{key.access_key_id}` is another user's"


def _name(record: Record) -> str:
    match record:
        case Account():
            return record.id
        case Instance():
            return f"{record.account}/{record.id}"
        case WantedAccessKey():
            # The id of one to be made depends on the user's, which a plan for a new user only guesses.
            imported = f" {record.access_key_id}" if record.secret else ""
            return f"{record.account}/{record.user_name}{imported}"
        case _:
            return f"{record.account}/{record.name}"
