"""Who holds an access key or a session, as a Caller.

Source: IAM User Guide, "IAM identifiers"; STS API Reference, "GetCallerIdentity".
"""

from dataclasses import replace
from typing import Protocol

from keyservice.auth.caller import Caller, CallerKind
from keyservice.auth.session_token import SessionGrant
from keyservice.model.identity import AccessKey, Account, Role, User
from keyservice.model.linked_service import LinkedService


def caller_of(owner: Role | User | Account, grant: SessionGrant) -> Caller:
    """A session as a caller."""
    match owner:
        case Role():
            return session_caller(owner, grant)
        case User():
            return replace(_user(grant, owner), session=grant.session)
        case Account():
            return replace(_root(grant, owner), session=grant.session)


def caller_holding(access_key: AccessKey, owner: User | Account | LinkedService) -> Caller:
    """Whoever holds a long-term access key, as a caller."""
    match owner:
        case User():
            return _user(access_key, owner)
        case Account():
            return _root(access_key, owner)
        case LinkedService():
            return _service(access_key, owner)


class _HasId(Protocol):
    """An access key, long-term or temporary."""

    @property
    def access_key_id(self) -> str:
        """Its id."""
        ...


def _user(access_key: _HasId, user: User) -> Caller:
    return Caller(
        kind=CallerKind.USER,
        arn=user.arn,
        account=user.account,
        unique_id=user.user_id,
        access_key_id=access_key.access_key_id,
        partition=user.partition,
        name=user.name,
    )


def _root(access_key: _HasId, account: Account) -> Caller:
    return Caller(
        kind=CallerKind.ROOT,
        arn=f"arn:{account.partition}:iam::{account.id}:root",
        account=account.id,
        unique_id=account.id,
        access_key_id=access_key.access_key_id,
        partition=account.partition,
    )


def session_caller(role: Role, grant: SessionGrant) -> Caller:
    """A role session as a caller; its ARN names the role without its path (IAM User Guide, "IAM identifiers")."""
    return Caller(
        kind=CallerKind.ROLE_SESSION,
        arn=f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{grant.session_name}",
        account=role.account,
        unique_id=f"{role.role_id}:{grant.session_name}",
        access_key_id=grant.access_key_id,
        partition=role.partition,
        name=role.name,
        issuer_arn=role.arn,
        session_name=grant.session_name,
        session=grant.session,
    )


def _service(access_key: _HasId, service: LinkedService) -> Caller:
    return Caller(
        kind=CallerKind.SERVICE,
        arn=service.name,
        account=service.account,
        unique_id=service.name,
        access_key_id=access_key.access_key_id,
        name=service.name,
    )
