"""CreateGrant, RetireGrant and RevokeGrant: permissions on one key that come and go without a policy's being changed.

Unlike AWS, where it takes up to five minutes: a grant counts, and no longer counts, for every call that begins after
its creation or its end was answered. Grant tokens are given out and checked, but nothing depends on them.
Source: KMS Developer Guide, "Grants in AWS KMS", "Retiring and revoking grants".
"""

import re
from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.auth.grant_tokens import GrantName, open_grant_token, seal_grant_token
from keyservice.authorize.context import SpelledValues, offered_encryption_context
from keyservice.authorize.target import Target
from keyservice.errors import (
    CIPHERTEXT_ACCESS_DENIED,
    GRANT_NOT_FOUND,
    INVALID_GRANT_ID,
    INVALID_GRANT_TOKEN,
    KMS_INTERNAL,
    LIMIT_EXCEEDED,
    VALIDATION,
)
from keyservice.identity.unique_ids import bound_ids
from keyservice.model.grant import Grant
from keyservice.model.key import Key
from keyservice.model.states import StateRule
from keyservice.operations.aws_owned_keys import visible_key
from keyservice.operations.grant_parameters import FOR_NO_AWS_RESOURCE, CreateGrantInput, check_create, offers_create
from keyservice.operations.locate import key_target, locate_key
from keyservice.operations.members import DryRun, GrantId, KeyId
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Text
from keyservice.store.port import Change

MOST_GRANTS = 50_000  # of a key (KMS Developer Guide, "Resource quotas")

_GRANT_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGrantOutput:
    """The grant, and a token that names it."""

    grant_token: str
    grant_id: str


def create_grant(run: Run, change: Change, given: CreateGrantInput) -> CreateGrantOutput:
    """Allow a principal operations on a key. A named grant that is there already is told again, under a new token."""
    wanted = _grant(run, given)
    grant = _same_grant(change, wanted) or _put(change, wanted)
    name = GrantName(grant.region, grant.key_id, grant.grant_id)
    token = seal_grant_token(run.ports.domain_key, name, random=run.ports.random)
    return CreateGrantOutput(grant_token=token, grant_id=grant.grant_id)


def _grant(run: Run, given: CreateGrantInput) -> Grant:
    key, constraints = run.key, given.constraints
    return Grant(
        account=key.account,
        partition=key.partition,
        region=key.region,
        key_id=key.key_id,
        grant_id=run.ports.random(32).hex(),
        created=run.now,
        issuing_account=f"arn:{run.caller.partition}:iam::{run.caller.account}:root",
        name=given.name,
        grantee_principal=given.grantee_principal,
        retiring_principal=given.retiring_principal,
        grantee_service_principal=given.grantee_service_principal,
        retiring_service_principal=given.retiring_service_principal,
        operations=tuple(dict.fromkeys(given.operations)),
        encryption_context_equals=constraints.encryption_context_equals,
        encryption_context_subset=constraints.encryption_context_subset or None,
        source_arn=constraints.source_arn,
        bound=bound_ids(run.ports.store, filter(None, (given.grantee_principal, given.retiring_principal))),
    )


def _same_grant(change: Change, wanted: Grant) -> Grant | None:
    """The grant of that name with the same parameters ("CreateGrant", Name); without a name each is another."""
    named = change.grants_named(wanted.region, wanted.key_id, wanted.name) if wanted.name is not None else ()
    return next((grant for grant in named if _parameters(grant) == _parameters(wanted)), None)


def _parameters(grant: Grant) -> Grant:
    return replace(grant, grant_id="", created=0.0, operations=tuple(sorted(grant.operations)))


def _put(change: Change, grant: Grant) -> Grant:
    if change.grant_count(grant.region, grant.key_id) >= MOST_GRANTS:
        raise LIMIT_EXCEEDED(detail=f"{grant.key_arn} has {MOST_GRANTS} grants, the most that a KMS key can have")
    change.put_grant(grant)
    return grant


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireGrantInput:
    """The parameters of RetireGrant: a grant token, or a grant id and its key."""

    grant_token: Annotated[str | None, Text(1, 8192, secret=True)] = None
    key_id: KeyId | None = None
    grant_id: GrantId | None = None
    dry_run: DryRun = False


def retire_grant(run: Run, change: Change, _: RetireGrantInput) -> None:
    """Delete a grant that is done with: its retiring principal may, its grantee if it says so, and who issued it."""
    grant = run.targets[0].grant
    if grant is None:
        raise KMS_INTERNAL()
    _delete(change, run.key, grant.grant_id)


def _locate_retired(run: Run, given: RetireGrantInput) -> tuple[Target, ...]:
    """The grant and its key. The grant says who may retire it; its constraint is offered to policies."""
    key, grant = _by_token(run, given.grant_token) if given.grant_token is not None else _by_id(run, given)
    return (
        Target(
            action="kms:RetireGrant",
            resource=key.arn,
            account=key.account,
            key=key,
            grant=grant,
            offered=_offers(grant),
        ),
    )


def _by_token(run: Run, token: str) -> tuple[Key, Grant]:
    name = open_grant_token(run.ports.domain_key, token)
    if name.region != run.region:
        raise INVALID_GRANT_TOKEN()
    grant = run.ports.store.grant(name.region, name.key_id, name.grant_id)
    key = visible_key(run, name.region, name.key_id)
    if grant is None or key is None:
        raise GRANT_NOT_FOUND(grant_id=name.grant_id)
    return key, grant


def _by_id(run: Run, given: RetireGrantInput) -> tuple[Key, Grant]:
    if given.key_id is None or given.grant_id is None:
        raise VALIDATION(detail="Specify either a grant token, or a key ID and a grant ID.")
    key = locate_key(run, given.key_id, by_alias=False).key
    check_grant_id(given.grant_id)
    grant = run.ports.store.grant(key.region, key.key_id, given.grant_id)
    if grant is None:
        # Whether another account has such a key is not the caller's to learn.
        is_own = key.account == run.caller.account
        raise GRANT_NOT_FOUND(grant_id=given.grant_id) if is_own else CIPHERTEXT_ACCESS_DENIED()
    return key, grant


def _offers(grant: Grant) -> SpelledValues:
    """The condition keys of RetireGrant ("Actions, resources, and condition keys for AWS Key Management Service")."""
    equals, subset = grant.encryption_context_equals, grant.encryption_context_subset
    types = {"EncryptionContextEquals": equals, "EncryptionContextSubset": subset}
    named = tuple(name for name, context in types.items() if context is not None)
    offered = offered_encryption_context(equals or subset or {})
    return {**offered, "kms:GrantConstraintType": named} if named else offered


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeGrantInput:
    """The parameters of RevokeGrant."""

    key_id: KeyId
    grant_id: GrantId
    dry_run: DryRun = False


def revoke_grant(run: Run, change: Change, given: RevokeGrantInput) -> None:
    """Delete a grant, so that it no longer allows anything: a matter of the key's administrators."""
    _delete(change, run.key, given.grant_id)


def _check_revoked(run: Run, given: RevokeGrantInput) -> None:
    check_grant_id(given.grant_id)
    if run.ports.store.grant(run.key.region, run.key.key_id, given.grant_id) is None:
        raise GRANT_NOT_FOUND(grant_id=given.grant_id)


def check_grant_id(grant_id: str) -> None:
    """Refuse what no grant has as its id.

    Raises:
        ServiceError: InvalidGrantIdException.
    """
    if not _GRANT_ID.fullmatch(grant_id):
        raise INVALID_GRANT_ID(grant_id=grant_id)


def _delete(change: Change, key: Key, grant_id: str) -> None:
    # Since the call was authorised, another may have deleted it.
    if change.grant(key.region, key.key_id, grant_id) is None:
        raise GRANT_NOT_FOUND(grant_id=grant_id)
    change.delete_grant(key.region, key.key_id, grant_id)


CREATE_GRANT = Operation(
    name="CreateGrant",
    page="CreateGrant",
    input=CreateGrantInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:CreateGrant", given.key_id),
    check=check_create,
    apply=create_grant,
    states=StateRule.GRANT,
    offers=offers_create,
    redacted=frozenset({"GrantTokens"}),
    recorded=lambda output: {"grantId": output.grant_id},
    read_only=False,
    cross_account=True,
)

RETIRE_GRANT = Operation(
    name="RetireGrant",
    page="RetireGrant",
    input=RetireGrantInput,
    kind=Kind.CHANGE,
    locate=_locate_retired,
    apply=retire_grant,
    redacted=frozenset({"GrantToken"}),
    read_only=False,
    cross_account=True,
)

REVOKE_GRANT = Operation(
    name="RevokeGrant",
    page="RevokeGrant",
    input=RevokeGrantInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:RevokeGrant", given.key_id),
    check=_check_revoked,
    apply=revoke_grant,
    offers=lambda _: FOR_NO_AWS_RESOURCE,
    read_only=False,
    cross_account=True,
)
