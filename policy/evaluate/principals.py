"""Whether, and how, a Principal or NotPrincipal element matches the caller.

How it matches decides which other layers limit what the statement allows; `reference` and the compiled engine read it.
Source: IAM User Guide, "AWS JSON policy elements: Principal" and "AWS JSON policy elements: NotPrincipal".
"""

from enum import IntEnum

from policy.model.document import Effect, PrincipalEntry, PrincipalKind, Principals
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
    account_of,
)


class Match(IntEnum):
    """How an entry matches, from not at all to the caller's very name; larger is more direct."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account is named: this delegates to the account's IAM policies and by itself grants nothing."""
    UNDERLYING = 2
    """The role behind the session, or the user behind the federated session."""
    EVERYONE = 3
    """`*`."""
    DIRECT = 4
    """The user, the session, the service, the identity provider, or the root user of the account named."""


def match_principals(principals: Principals, caller: Principal, effect: Effect, *, has_boundary: bool) -> Match:
    """How a whole element matches the caller; of several entries, the most direct match counts."""
    if not principals.negated:
        return max((match_entry(entry, caller) for entry in principals.entries), default=Match.NONE)
    if effect is Effect.DENY:
        return Match.NONE if _is_spared(principals, caller, has_boundary=has_boundary) else Match.DIRECT
    # "Using it with Allow is not supported": here it allows whoever no entry matches, in whatever way.
    listed = any(match_entry(entry, caller) for entry in principals.entries)
    return Match.NONE if listed else Match.EVERYONE


def match_entry(entry: PrincipalEntry, caller: Principal) -> Match:
    """How one entry matches the caller. A wildcard inside an ARN never matches; `*` alone is everyone."""
    if is_everyone(entry):
        return Match.EVERYONE
    match entry.kind, caller:
        case PrincipalKind.AWS, RootUser() | User() | Role() | RoleSession() | FederatedUser():
            return _match_aws(entry.value, caller)
        case PrincipalKind.SERVICE, ServicePrincipal():
            return _direct(entry.value == caller.name)
        case PrincipalKind.FEDERATED, FederatedIdentity():
            return _direct(entry.value == caller.provider)
        case _:
            return Match.NONE


def is_everyone(entry: PrincipalEntry) -> bool:
    """`"*"` and `{"AWS": "*"}` are the same: everyone, anonymous callers included."""
    return entry.value == "*" and entry.kind in (PrincipalKind.EVERYONE, PrincipalKind.AWS)


def names_account(value: str, account: str, partition: str) -> bool:
    """Whether a principal value is the account: its root ARN or its bare id, "the same thing"."""
    return value in (account, f"arn:{partition}:iam::{account}:root")


def role_named_by(value: str) -> tuple[str, str, str] | None:
    """The (partition, account, name) of the role that an ARN names; names are unique in an account, not paths."""
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    return parts[1], parts[4], parts[5].rsplit("/", 1)[1]


_Aws = RootUser | User | Role | RoleSession | FederatedUser


def _match_aws(value: str, caller: _Aws) -> Match:
    if names_account(value, caller.account, caller.partition):
        # The root user is the account itself: it is allowed by it directly (KMS Developer Guide, "Default key policy").
        return Match.DIRECT if isinstance(caller, RootUser) else Match.ACCOUNT
    match caller:
        case Role():
            return Match.UNDERLYING if value == caller.arn else Match.NONE
        case RoleSession():
            if value == caller.arn:
                return Match.DIRECT
            return Match.UNDERLYING if _names_role(value, caller) else Match.NONE
        case FederatedUser():
            if value == caller.arn:
                return Match.DIRECT
            return Match.UNDERLYING if value == _federating_user(caller) else Match.NONE
        case _:
            return _direct(value == caller.arn)


def _names_role(value: str, caller: RoleSession) -> bool:
    """Whether a value is the ARN of the role behind a session.

    A session's ARN has no path (U "IAM identifiers"): where nobody has said what the role's path is, the role is known
    by its name, which no other role of the account has.
    """
    if caller.role_arn is not None:
        return value == caller.role_arn
    return role_named_by(value) == (caller.partition, caller.account, caller.role_name)


def _federating_user(caller: FederatedUser) -> str:
    # A federated session's ARN carries only the session's name; as in AWS's examples the user is the one of that name.
    return f"arn:{caller.partition}:iam::{caller.account}:user/{caller.name}"


def _direct(is_match: bool) -> Match:
    return Match.DIRECT if is_match else Match.NONE


def _is_spared(principals: Principals, caller: Principal, *, has_boundary: bool) -> bool:
    """Whether NotPrincipal with Deny spares the caller.

    The account, the role and the session are verified one after the other, so every form must be listed; and a
    principal that has a permissions boundary is always denied (both: "AWS JSON policy elements: NotPrincipal").
    """
    if any(is_everyone(entry) for entry in principals.entries):
        return True
    matches = {match_entry(entry, caller) for entry in principals.entries} - {Match.NONE}
    match caller:
        case RootUser() | ServicePrincipal() | FederatedIdentity():
            return Match.DIRECT in matches
        case Anonymous():
            return False
        case Role():
            wanted = {Match.ACCOUNT, Match.UNDERLYING}
        case User():
            wanted = {Match.ACCOUNT, Match.DIRECT}
        case _:
            wanted = {Match.ACCOUNT, Match.UNDERLYING, Match.DIRECT}
    return wanted <= matches and not (has_boundary and account_of(caller) is not None)
