"""Access keys one by one: created, listed, made inactive or active, deleted. A user or linked service has at most two.

Source: IAM User Guide, "Manage access keys for IAM users"; IAM API Reference, "CreateAccessKey", "UpdateAccessKey",
"DeleteAccessKey"; "IAM and AWS STS quotas" (two access keys for each user).
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from keyservice.identity.directory import RandomBytes, create_access_key
from keyservice.identity.events import IamEvent
from keyservice.ids import ACCESS_KEY_PREFIX, unique_id
from keyservice.model.identity import AccessKey
from keyservice.model.linked_service import LinkedService
from keyservice.store.port import Change, Store

MOST_KEYS = 2
STATUSES = {"activate": True, "deactivate": False}
ACTIONS = ("create", "list", "delete", *STATUSES)


class AccessKeyError(Exception):
    """What stands in the way, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """An access key as a list shows it; the secret only of one that was just made."""

    access_key_id: str
    user_name: str
    status: str
    created: str
    secret_access_key: str | None = field(default=None, repr=False)


def run(
    action: str,
    account: str,
    subject: str,
    *,
    store: Store,
    domain_key: bytes,
    now: float,
    random: RandomBytes,
    journal: Callable[[IamEvent], bytes] | None,
) -> tuple[KeyLine, ...]:
    """Do one of ACTIONS. `subject` is the user's name to create and list, the access key's id otherwise.

    A linked service's principal stands for a user's name; its account is its own, whatever account is given.

    Raises:
        AccessKeyError: there is no such user or key, or the user has two.
    """
    if action == "list":
        return tuple(map(_line, _keys_of(store, account, subject)))
    with store.change() as change:
        if action == "create":
            line, event = _create(store, change, domain_key, account, subject, now=now, random=random)
        else:
            line, event = _alter(store, change, action, account, subject)
        if journal is not None:
            change.append_trail(journal(event))
    return (line,)


def _create(
    store: Store, change: Change, domain_key: bytes, account: str, user: str, *, now: float, random: RandomBytes
) -> tuple[KeyLine, IamEvent]:
    if len(_keys_of(store, account, user)) >= MOST_KEYS:
        raise AccessKeyError(f"user {account}/{user} has {MOST_KEYS} access keys, the most that a user can have")
    key_id = unique_id(ACCESS_KEY_PREFIX, random(10))
    service = store.identity(LinkedService, user)
    account = account if service is None else service.account
    made = create_access_key(
        change,
        domain_key,
        account,
        user if service is None else None,
        now=now,
        random=random,
        access_key_id=key_id,
        service=None if service is None else service.name,
    )
    line = KeyLine(
        access_key_id=key_id,
        user_name=user,
        status="Active",
        created=_iso(now),
        secret_access_key=made.secret_access_key,
    )
    return line, _event("CreateAccessKey", account, line)


def _alter(store: Store, change: Change, action: str, account: str, access_key_id: str) -> tuple[KeyLine, IamEvent]:
    key = store.access_key(access_key_id)
    if key is None or (key.account != account and key.service is None):
        raise AccessKeyError(f"account {account} has no access key `{access_key_id}`")
    if action == "delete":
        change.delete_identity(key)
        return _line(key), _event("DeleteAccessKey", account, _line(key))
    if action not in STATUSES:
        raise AccessKeyError(f"`{action}` is no action: expected one of {', '.join(ACTIONS)}")
    changed = dataclasses.replace(key, active=STATUSES[action])
    change.put_access_key(changed)
    return _line(changed), _event("UpdateAccessKey", account, _line(changed))


def _keys_of(store: Store, account: str, user: str) -> tuple[AccessKey, ...]:
    if store.identity(LinkedService, user) is not None:
        return tuple(key for key in store.identities(AccessKey) if key.service == user)
    if store.user(account, user) is None:
        raise AccessKeyError(f"there is no user {account}/{user}")
    return tuple(key for key in store.identities(AccessKey) if (key.account, key.user_name) == (account, user))


def _line(key: AccessKey) -> KeyLine:
    return KeyLine(
        access_key_id=key.access_key_id,
        user_name=key.service or key.user_name or "",
        status="Active" if key.active else "Inactive",
        created=_iso(key.created),
    )


def _event(name: str, account: str, line: KeyLine) -> IamEvent:
    given = {"userName": line.user_name, "accessKeyId": line.access_key_id, "status": line.status}
    return IamEvent(name=name, account=account, parameters=given)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
