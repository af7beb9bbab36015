"""A request without its context: what decides which statements can match at all, worked out once and remembered.

Callers ask the same of the same key again and again, with other contexts; the compiled engine looks its candidates up
by the question.
"""

from dataclasses import dataclass
from functools import lru_cache

from policy.evaluate.grants import RETIRE_GRANT
from policy.evaluate.principal_keys import CallerKeys, keys_of_caller
from policy.model.arn import Arn
from policy.model.policies import Layer
from policy.model.principal import (
    Anonymous,
    FederatedIdentity,
    Principal,
    Role,
    RoleSession,
    RootUser,
    ServicePrincipal,
    account_of,
)
from policy.model.request import Request

_REMEMBERED = 16_384
_AUTHENTICATION = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})


# Compared by identity, which is quickest to look up: `ask` mostly gives the same object for the same question.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Who asks for which action on which resource; each fact is defined, with its source, in `reference`."""

    principal: Principal
    action: str
    """In lower case."""
    resource: Arn | None
    resource_text: str
    owner: str | None
    caller_account: str | None
    caller_keys: CallerKeys
    needs_no_permission: bool
    unbinding: tuple[Layer, ...]
    """The organisation's layers that do not bind this caller or action."""
    is_retiring: bool
    is_root: bool
    has_identity_policies: bool
    """False for services, identity providers and anonymous callers."""
    is_same_account: bool
    needs_resource_policy: bool
    """Whether the resource's own policy must allow or delegate: a KMS key, or a role to be assumed."""


def ask(request: Request) -> Question:
    """The question of a request."""
    return _question(request.principal, request.action, request.resource, request.resource_account)


@lru_cache(maxsize=_REMEMBERED)
def _question(principal: Principal, action: str, resource: Arn | None, resource_account: str | None) -> Question:
    action = action.lower()
    account = account_of(principal)
    owner = resource_account or (resource.account if resource else None) or None
    return Question(
        principal=principal,
        action=action,
        resource=resource,
        resource_text=str(resource) if resource else "*",
        owner=owner,
        caller_account=account,
        caller_keys=keys_of_caller(principal),
        needs_no_permission=action in _AUTHENTICATION and not isinstance(principal, Anonymous),
        unbinding=_unbinding(principal, action),
        is_retiring=action == RETIRE_GRANT,
        is_root=isinstance(principal, RootUser),
        has_identity_policies=not isinstance(principal, Anonymous | ServicePrincipal | FederatedIdentity),
        is_same_account=owner is None or owner == account,
        needs_resource_policy=resource is not None and _has_required_policy(action, resource),
    )


def _unbinding(principal: Principal, action: str) -> tuple[Layer, ...]:
    if _is_service_linked(principal):
        return (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL)
    scps = () if account_of(principal) is not None else (Layer.SERVICE_CONTROL,)
    return (*scps, Layer.RESOURCE_CONTROL) if action == RETIRE_GRANT else scps


def _is_service_linked(principal: Principal) -> bool:
    match principal:
        case RoleSession():
            return principal.role_name.startswith("AWSServiceRoleFor")
        case Role():
            return principal.path_and_name.startswith("aws-service-role/")
        case _:
            return False


def _has_required_policy(action: str, resource: Arn) -> bool:
    if resource.is_kms_key:
        return action.startswith("kms:")
    return resource.is_iam_role and action.startswith("sts:")
