"""Principals in policies are bound to unique ids: whoever is created anew under an old name inherits nothing.

A policy is kept with the ids that the users and roles it names had when it was put. To a caller whose ARN it names but
whose id is another, it reads as if it named the old id, which is nobody's.
Source: IAM User Guide, "AWS JSON policy elements: Principal" (IAM role principals, IAM user principals: "the role's
unique principal ID"); KMS Developer Guide, "Key policies in AWS KMS".
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.own_account import own_account_policy
from keyservice.authorize.target import Target
from keyservice.model.grant import Grant

Bound = Mapping[str, str]
"""Unique ids of users and roles, by the ARN under which a policy or a grant names them."""


def resource_policy(target: Target, caller: Caller) -> str | None:
    """The policy of the target's resource, as it stands towards a caller."""
    if target.key is not None:
        return _towards(caller, target.key.policy, target.key.bound)
    if target.role is not None:
        return _towards(caller, target.role.trust_policy, target.role.trusted)
    is_own = caller.kind is CallerKind.SERVICE and target.account == caller.account
    return own_account_policy(caller.arn) if is_own else None


def counts_for(grant: Grant, caller: Caller) -> bool:
    """Whether a grant to the caller's ARN is meant for the caller, and not for who had the name before."""
    return _stranger(caller, grant.bound) is None


def shown(policy: str, bound: Bound, current: Bound) -> str:
    """The policy as it is read back: those who are gone, or are others now, by their ids."""
    gone = tuple((arn, unique_id) for arn, unique_id in bound.items() if current.get(arn) != unique_id)
    for stale in gone:
        policy = _renamed(policy, *stale)
    return policy


def _towards(caller: Caller, policy: str, bound: Bound) -> str:
    stale = _stranger(caller, bound)
    return policy if stale is None else _renamed(policy, *stale)


def _stranger(caller: Caller, bound: Bound) -> tuple[str, str] | None:
    """The ARN by which the caller is named, and the id that is meant, if it is not the caller's."""
    if not bound:
        return None
    own = caller.unique_id.partition(":")[0]
    for arn in (caller.issuer_arn, caller.arn):
        meant = bound.get(arn) if arn is not None else None
        if arn is not None and meant is not None and meant != own:
            return arn, meant
    return None


@lru_cache(maxsize=256)
def _renamed(policy: str, arn: str, unique_id: str) -> str:
    """The policy with another name for one of the principals; other elements stay, whatever they hold."""
    document = json.loads(policy)
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element)
            if isinstance(named, dict) and "AWS" in named:
                named["AWS"] = _replaced(named["AWS"], arn, unique_id)
    return json.dumps(document, ensure_ascii=False, indent=2)


def _replaced(value: Any, arn: str, unique_id: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, arn, unique_id) for item in value]
    return unique_id if value == arn else value
