"""Principals as look-up keys: what an entry is filed under, and what a caller is looked up by.

The same matches as `principals`, said so that nobody has to walk through the entries. A law holds the two equal.
"""

from collections.abc import Iterable

from policy.evaluate.principals import Match, is_everyone, role_named_by
from policy.model.document import PrincipalEntry, PrincipalKind
from policy.model.principal import (
    Anonymous,
    FederatedIdentity,
    FederatedUser,
    Principal,
    Role,
    RoleSession,
    RootUser,
    ServicePrincipal,
    User,
)

Key = tuple[str, ...]
"""A member of the Principal element with a value of it, or a role by partition, account and name."""

CallerKeys = tuple[tuple[Key, Match], ...]
"""What a caller is looked up by, and the match that each key stands for."""

EVERYONE: Key = ("*",)

_AWS, _ROLE, _SERVICE, _FEDERATED = "AWS", "role", "Service", "Federated"


def keys_of_entry(entry: PrincipalEntry) -> tuple[Key, ...]:
    """What an entry is filed under; nothing if it can match no caller (a canonical user)."""
    if is_everyone(entry):
        return (EVERYONE,)
    match entry.kind:
        case PrincipalKind.AWS:
            role = role_named_by(entry.value)
            return ((_AWS, entry.value), (_ROLE, *role)) if role else ((_AWS, entry.value),)
        case PrincipalKind.SERVICE:
            return ((_SERVICE, entry.value),)
        case PrincipalKind.FEDERATED:
            return ((_FEDERATED, entry.value),)
        case _:
            return ()


def keys_of_entries(entries: Iterable[PrincipalEntry]) -> frozenset[Key]:
    """What a whole element is filed under."""
    return frozenset(key for entry in entries for key in keys_of_entry(entry))


def keys_of_caller(caller: Principal) -> CallerKeys:
    """What a caller is looked up by; the most direct first."""
    everyone = (EVERYONE, Match.EVERYONE)
    match caller:
        case RootUser():
            return *((key, Match.DIRECT) for key in _account(caller)), everyone
        case User():
            return ((_AWS, caller.arn), Match.DIRECT), everyone, *_delegating(caller)
        case Role():
            return everyone, ((_AWS, caller.arn), Match.UNDERLYING), *_delegating(caller)
        case RoleSession():
            return ((_AWS, caller.arn), Match.DIRECT), everyone, (_role(caller), Match.UNDERLYING), *_delegating(caller)
        case FederatedUser():
            user = User(partition=caller.partition, account=caller.account, path_and_name=caller.name)
            underlying = ((_AWS, user.arn), Match.UNDERLYING)
            return ((_AWS, caller.arn), Match.DIRECT), everyone, underlying, *_delegating(caller)
        case ServicePrincipal():
            return ((_SERVICE, caller.name), Match.DIRECT), everyone
        case FederatedIdentity():
            return ((_FEDERATED, caller.provider), Match.DIRECT), everyone
        case Anonymous():
            return (everyone,)


_Member = RootUser | User | Role | RoleSession | FederatedUser


def _role(caller: RoleSession) -> Key:
    """The role behind a session: by its ARN if its path is known, by its name if not."""
    if caller.role_arn is not None:
        return _AWS, caller.role_arn
    return _ROLE, caller.partition, caller.account, caller.role_name


def _account(caller: _Member) -> tuple[Key, Key]:
    return (_AWS, caller.account), (_AWS, f"arn:{caller.partition}:iam::{caller.account}:root")


def _delegating(caller: _Member) -> CallerKeys:
    account, root = _account(caller)
    return (account, Match.ACCOUNT), (root, Match.ACCOUNT)
