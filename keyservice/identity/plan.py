"""From an identities file to the store: what would be created, updated, deleted or left as it is, and the doing of it.

What a file does not mention stays as it is, unless it is to be pruned. Whatever is kept keeps its unique id, so that
sessions and policies bound to the id live on; whatever is new gets one (IAM User Guide, "IAM identifiers").
"""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from keyservice.crypto.encoding import encode_text
from keyservice.identity.directory import (
    Journal,
    NewAccessKey,
    RandomBytes,
    create_access_key,
    open_secret,
    open_seed,
    sealed_mfa_device,
)
from keyservice.identity.document import IdentitiesError
from keyservice.identity.events import events_of
from keyservice.identity.file import Identities, WantedAccessKey, WantedMfaDevice
from keyservice.identity.kinds import KINDS, Kind, Record, name_of
from keyservice.identity.prune import deletion_faults, unwanted
from keyservice.identity.references import faults_of
from keyservice.identity.unique_ids import bound_ids, principals_of
from keyservice.ids import ACCESS_KEY_PREFIX, unique_id
from keyservice.model.identity import MfaDevice, Role, User
from keyservice.store.port import Change, Store


class StepKind(StrEnum):
    """What happens to a record."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"


_SIGNS = {StepKind.CREATE: "+", StepKind.UPDATE: "~", StepKind.DELETE: "-", StepKind.UNCHANGED: " "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens to one record; `kept` is what the store has of it."""

    kind: StepKind
    label: str
    record: Record
    kept: Any = None

    def __str__(self) -> str:
        """A line of the plan, as the command prints it: `+ create    role 111122223333/WebServer`."""
        return f"{_SIGNS[self.kind]} {self.kind:<9} {self.label} {name_of(self.record)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What was done: the plan, and the access keys that were made, with their secrets."""

    steps: tuple[Step, ...]
    access_keys: tuple[NewAccessKey, ...]


def plan(
    store: Store, domain_key: bytes, wanted: Identities, *, random: RandomBytes, prune: bool = False
) -> tuple[Step, ...]:
    """The steps that make the store hold what is wanted; with `prune`, nothing else in the accounts that it names.

    Raises:
        IdentitiesError: the file names something that neither it nor the store has, or what is another's already.
    """
    gone = unwanted(store, wanted) if prune else []
    faults = [*faults_of(store, wanted), *deletion_faults(wanted, gone)]
    if faults:
        raise IdentitiesError(faults)
    steps = [_step(store, kind, record, random) for part, kind in KINDS.items() for record in getattr(wanted, part)]
    identified = [step.record for step in steps if isinstance(step.record, User | Role)]
    steps = [_bound(store, step, identified) for step in steps]
    users = {(user.account, user.name): user for user in identified if isinstance(user, User)}
    keys = _identified(store, wanted.access_keys, users)
    return (
        *steps,
        *(_mfa_step(store, domain_key, device) for device in wanted.mfa_devices),
        *(_access_key_step(store, domain_key, key) for key in keys),
        *(Step(kind=StepKind.DELETE, label=label, record=record, kept=record) for label, record in gone),
    )


def apply(
    store: Store,
    domain_key: bytes,
    wanted: Identities,
    *,
    now: float,
    random: RandomBytes,
    journal: Journal | None,
    prune: bool = False,
) -> Applied:
    """Plan and do it, in one change, with its events on the trail: all of it or nothing.

    A second time there is nothing to do. Without a journal nothing is recorded.

    Raises:
        IdentitiesError: as for `plan`; the store is as before.
    """
    made: list[NewAccessKey] = []
    with store.change() as change:
        # Planned inside the change: two files applied at once cannot both believe that they create the same role.
        steps = plan(store, domain_key, wanted, random=random, prune=prune)
        for step in steps:
            if step.kind is not StepKind.UNCHANGED:
                made += _do(change, domain_key, step, now=now, random=random)
                for event in events_of(step.record, step.kept, is_deletion=step.kind is StepKind.DELETE):
                    if journal is not None:
                        change.append_trail(journal(event))
    return Applied(steps=steps, access_keys=tuple(made))


def _do(change: Change, domain_key: bytes, step: Step, *, now: float, random: RandomBytes) -> list[NewAccessKey]:
    """One step; the access key that it made, if its secret is to be shown."""
    match step.record:
        case WantedMfaDevice() as device:
            change.put_identity(sealed_mfa_device(domain_key, device, random=random))
        case WantedAccessKey() as wanted:
            key = create_access_key(
                change,
                domain_key,
                wanted.account,
                wanted.user_name,
                now=now,
                random=random,
                access_key_id=wanted.access_key_id,
                secret=wanted.secret,
                service=wanted.service,
            )
            return [key] if wanted.secret is None else []
        case record if step.kind is StepKind.DELETE:
            change.delete_identity(record)
        case record:
            change.put_identity(record)
    return []


def _step(store: Store, kind: Kind, record: Any, random: RandomBytes) -> Step:
    kept = store.identity(kind.cls, *(getattr(record, name) for name in kind.identity))
    if kind.unique_id:
        name, prefix = kind.unique_id
        value = unique_id(prefix, random(10)) if kept is None else getattr(kept, name)
        record = dataclasses.replace(record, **{name: value})
    return _compared(kind.label, record, kept)


def _compared(label: str, record: Any, kept: Any) -> Step:
    change = StepKind.CREATE if kept is None else StepKind.UNCHANGED if kept == record else StepKind.UPDATE
    return Step(kind=change, label=label, record=record, kept=kept)


def _bound(store: Store, step: Step, identified: Sequence[User | Role]) -> Step:
    """A role's step with those whom its trust policy means now."""
    if not isinstance(step.record, Role):
        return step
    trusted = bound_ids(store, principals_of(step.record.trust_policy), identified)
    return _compared(step.label, dataclasses.replace(step.record, trusted=trusted), step.kept)


def _mfa_step(store: Store, domain_key: bytes, wanted: WantedMfaDevice) -> Step:
    kept = store.identity(MfaDevice, wanted.serial_number)
    is_same = kept is not None and open_seed(domain_key, kept) == wanted.seed
    kind = StepKind.CREATE if kept is None else StepKind.UNCHANGED if is_same else StepKind.UPDATE
    return Step(kind=kind, label="MFA device", record=wanted, kept=kept)


def _access_key_step(store: Store, domain_key: bytes, wanted: WantedAccessKey) -> Step:
    kept = store.access_key(wanted.access_key_id or "")
    if kept is None:
        kind = StepKind.CREATE
    elif wanted.secret is None or wanted.secret == open_secret(domain_key, kept):
        kind = StepKind.UNCHANGED
    else:
        kind = StepKind.UPDATE
    return Step(kind=kind, label="access key", record=wanted, kept=kept)


def _identified(
    store: Store, keys: Sequence[WantedAccessKey], users: Mapping[tuple[str, str], User]
) -> Iterator[WantedAccessKey]:
    """The access keys with their ids. That of one to be made follows from its owner, so that it is made only once."""
    ordinals: Counter[tuple[str, str]] = Counter()
    for key in keys:
        named = (key.account, key.user_name or "")
        user = users.get(named) or store.user(*named)
        owner = key.service or (user.user_id if user else None)
        if key.access_key_id is None and owner is not None:
            ordinals[key.account, owner] += 1
            yield dataclasses.replace(key, access_key_id=_made_id(key.account, owner, ordinals[key.account, owner]))
        else:
            yield key


def _made_id(account: str, owner: str, ordinal: int) -> str:
    """An access key id is no secret and may be foreseen; a recreated user has another unique id, and so another key."""
    named = b"".join(encode_text(part) for part in ("access key", account, owner, str(ordinal)))
    return unique_id(ACCESS_KEY_PREFIX, hashlib.sha256(named).digest())
