"""ListGrants and ListRetirableGrants: the grants of a key, and those that a principal may retire.

Source: KMS API Reference, the two operations and "GrantListEntry".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyservice.auth.caller import CallerKind
from keyservice.authorize.target import Target
from keyservice.errors import INVALID_PRINCIPAL, VALIDATION
from keyservice.model.grant import Grant
from keyservice.operations.grant_parameters import FOR_NO_AWS_RESOURCE, PrincipalId, ServicePrincipalName
from keyservice.operations.grants import check_grant_id
from keyservice.operations.locate import account_target, key_target
from keyservice.operations.members import GrantId, KeyId, Limit, Marker
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Page, Paging, read_page
from policy.model.principal import account_of, parse_principal


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGrantsInput:
    """The parameters of ListGrants."""

    limit: Limit = None
    marker: Marker = None
    key_id: KeyId
    grant_id: GrantId | None = None
    grantee_principal: PrincipalId = None
    grantee_service_principal: ServicePrincipalName = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedConstraints:
    """A grant's constraints in a list."""

    encryption_context_subset: Mapping[str, str] | None
    encryption_context_equals: Mapping[str, str] | None
    source_arn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantListEntry:
    """A grant in a list; `key_id` is the key's ARN."""

    key_id: str
    grant_id: str
    name: str | None
    creation_date: float
    grantee_principal: str | None
    retiring_principal: str | None
    issuing_account: str
    operations: tuple[str, ...]
    constraints: ListedConstraints | None
    grantee_service_principal: str | None
    retiring_service_principal: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGrantsOutput:
    """A page of grants."""

    grants: tuple[GrantListEntry, ...]
    next_marker: str | None
    truncated: bool


def list_grants(run: Run, given: ListGrantsInput) -> ListGrantsOutput:
    """List a key's grants in the order of their ids, all of them or one grantee's, or the one with an id."""
    key, store = run.key, run.ports.store
    grantee = given.grantee_principal or given.grantee_service_principal

    def fetch(after: str | None, limit: int) -> Sequence[Grant]:
        return store.grants(key.region, key.key_id, grantee=grantee, after=after, limit=limit)

    if given.grant_id is not None:
        found = store.grant(key.region, key.key_id, given.grant_id)
        is_asked_for = found is not None and grantee in (None, found.grantee)
        return _output(Page([found] if found is not None and is_asked_for else [], None))
    paging = Paging(scope=f"grants/{key.key_id}/{grantee or ''}", default=50, most=100)
    return _output(read_page(run, paging, limit=given.limit, marker=given.marker, fetch=fetch, name=_id_of))


def _check_list(run: Run, given: ListGrantsInput) -> None:
    if given.grant_id is not None:
        check_grant_id(given.grant_id)
    if given.grantee_principal is not None and given.grantee_service_principal is not None:
        raise VALIDATION(detail="You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
    if given.grantee_service_principal is not None:
        _check_service(run, "GranteeServicePrincipal")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRetirableGrantsInput:
    """The parameters of ListRetirableGrants."""

    limit: Limit = None
    marker: Marker = None
    retiring_principal: PrincipalId = None
    retiring_service_principal: ServicePrincipalName = None


def list_retirable_grants(run: Run, given: ListRetirableGrantsInput) -> ListGrantsOutput:
    """List the grants, of whatever keys of the Region, that name a principal of the account as retiring principal."""
    retiree = given.retiring_principal or given.retiring_service_principal or ""

    def fetch(after: str | None, limit: int) -> Sequence[Grant]:
        return run.ports.store.retirable_grants(run.region, retiree, after=after, limit=limit)

    paging = Paging(scope=f"retirable-grants/{retiree}", default=50, most=100)
    return _output(read_page(run, paging, limit=given.limit, marker=given.marker, fetch=fetch, name=_id_of))


def _locate_retirable(run: Run, given: ListRetirableGrantsInput) -> tuple[Target, ...]:
    """The retiring principal, which is of the caller's account ("ListRetirableGrants", required permissions)."""
    if (given.retiring_principal is None) == (given.retiring_service_principal is None):
        raise VALIDATION(detail="You must specify either RetiringPrincipal or RetiringServicePrincipal, but not both.")
    if given.retiring_principal is None:
        _check_service(run, "RetiringServicePrincipal")
        return account_target(run, "kms:ListRetirableGrants")
    arn = given.retiring_principal
    if not arn.startswith("arn:") or _account(arn) != run.caller.account:
        raise INVALID_PRINCIPAL(arn=arn)
    return (Target(action="kms:ListRetirableGrants", resource=arn, account=run.caller.account),)


def _account(arn: str) -> str | None:
    try:
        return account_of(parse_principal(arn))
    except ValueError:
        return None


def _check_service(run: Run, member: str) -> None:
    """Services alone may use the filter ("ListGrants", "ListRetirableGrants")."""
    if run.caller.kind is not CallerKind.SERVICE:
        raise VALIDATION(detail=f"{member} is only usable by callers in a service principal.")


def _output(page: Page[Grant]) -> ListGrantsOutput:
    entries = tuple(_entry(grant) for grant in page.members)
    return ListGrantsOutput(grants=entries, next_marker=page.next_marker, truncated=page.truncated)


def _id_of(grant: Grant) -> str:
    return grant.grant_id


def _entry(grant: Grant) -> GrantListEntry:
    constraints = ListedConstraints(
        encryption_context_subset=grant.encryption_context_subset,
        encryption_context_equals=grant.encryption_context_equals,
        source_arn=grant.source_arn,
    )
    unconstrained = ListedConstraints(encryption_context_subset=None, encryption_context_equals=None, source_arn=None)
    return GrantListEntry(
        key_id=grant.key_arn,
        grant_id=grant.grant_id,
        name=grant.name,
        creation_date=grant.created,
        grantee_principal=grant.grantee_principal,
        retiring_principal=grant.retiring_principal,
        issuing_account=grant.issuing_account,
        operations=grant.operations,
        constraints=None if constraints == unconstrained else constraints,
        grantee_service_principal=grant.grantee_service_principal,
        retiring_service_principal=grant.retiring_service_principal,
    )


LIST_GRANTS = Operation(
    name="ListGrants",
    page="ListGrants",
    input=ListGrantsInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:ListGrants", given.key_id),
    check=_check_list,
    answer=list_grants,
    offers=lambda _: FOR_NO_AWS_RESOURCE,
    cross_account=True,
)

LIST_RETIRABLE_GRANTS = Operation(
    name="ListRetirableGrants",
    page="ListRetirableGrants",
    input=ListRetirableGrantsInput,
    kind=Kind.READ,
    locate=_locate_retirable,
    answer=list_retirable_grants,
)
