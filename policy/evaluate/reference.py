"""The definition of a decision: slow and obvious, every rule cited. Everything fast is tested against it.

U is the IAM User Guide, K the KMS Developer Guide, O the AWS Organizations User Guide, E the Amazon VPC User Guide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policy.evaluate.decision import Decision, Determining, Outcome
from policy.evaluate.grants import RETIRE_GRANT, match_grant, may_retire, was_issued_in
from policy.evaluate.principals import Match
from policy.evaluate.statements import first_mismatch, principal_match
from policy.model.document import Effect, PolicyDocument
from policy.model.grant import Grant
from policy.model.policies import Layer, OrganizationLevel, PolicySet
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


@dataclass(frozen=True, slots=True)
class _Applying:
    """A statement that applies to the request, and how its Principal matched (EVERYONE in layers that have none)."""

    where: Determining
    match: Match


def decide(request: Request, policies: PolicySet) -> Decision:
    """Decide a request.

    "An explicit deny overrides an explicit allow" and everything not allowed is denied; every limiting layer must
    allow, and at least one granting policy must (U "Policy evaluation logic").
    """
    if _needs_no_permission(request):
        return Decision(outcome=Outcome.ALLOW)
    applying = _applying(request, policies)
    denying = tuple(item.where for item in applying if item.where.statement.effect is Effect.DENY)
    if denying:
        return Decision(outcome=Outcome.EXPLICIT_DENY, determining=denying)
    allowing = tuple(item for item in applying if item.where.statement.effect is Effect.ALLOW)
    missing = _missing_guardrail(request, policies, allowing)
    if missing is not None:
        return Decision(outcome=Outcome.IMPLICIT_DENY, missing=missing)
    return _decide_granting(request, policies, allowing)


# --- which statements apply -------------------------------------------------------------------------------------------


def _applying(request: Request, policies: PolicySet) -> tuple[_Applying, ...]:
    """Every statement, allow or deny, of every layer that bears on the caller and applies to the request."""
    return (
        *_in_levels(Layer.RESOURCE_CONTROL, _resource_control(request, policies), request),
        *_in_levels(Layer.SERVICE_CONTROL, _service_control(request, policies), request),
        *_in_documents(Layer.VPC_ENDPOINT, policies.vpc_endpoint, request),
        *_in_resource_policy(request, policies),
        *_in_documents(Layer.IDENTITY, policies.identity, request),
        *_in_documents(Layer.PERMISSIONS_BOUNDARY, policies.permissions_boundary, request),
        *_in_documents(Layer.SESSION, policies.session, request),
    )


def _in_documents(layer: Layer, documents: Sequence[PolicyDocument], request: Request) -> Iterable[_Applying]:
    for policy, document in enumerate(documents):
        for index, statement in enumerate(document.statements):
            if first_mismatch(statement, document, request) is not None:
                continue
            # Endpoint policies and RCPs have a Principal element too; where one stands it must match.
            match = Match.EVERYONE
            if statement.principals is not None:
                match = principal_match(statement, request, has_boundary=False)
            if match:
                yield _Applying(Determining(layer=layer, policy=policy, index=index, statement=statement), match)


def _in_levels(layer: Layer, levels: Sequence[OrganizationLevel], request: Request) -> Iterable[_Applying]:
    documents = [document for level in levels for document in level.policies]
    return _in_documents(layer, documents, request)


def _in_resource_policy(request: Request, policies: PolicySet) -> Iterable[_Applying]:
    document = policies.resource
    if document is None:
        return
    for index, statement in enumerate(document.statements):
        match = principal_match(statement, request, has_boundary=bool(policies.permissions_boundary))
        if match and first_mismatch(statement, document, request) is None:
            where = Determining(layer=Layer.RESOURCE, policy=0, index=index, statement=statement)
            yield _Applying(where, match)


# --- the layers that only limit ---------------------------------------------------------------------------------------


def _missing_guardrail(request: Request, policies: PolicySet, allowing: Sequence[_Applying]) -> Layer | None:
    """The first organisation or endpoint layer that is present and does not allow."""
    allowed = {(item.where.layer, item.where.policy) for item in allowing}
    if not _every_level_allows(Layer.RESOURCE_CONTROL, _resource_control(request, policies), allowed):
        return Layer.RESOURCE_CONTROL
    if not _every_level_allows(Layer.SERVICE_CONTROL, _service_control(request, policies), allowed):
        return Layer.SERVICE_CONTROL
    if policies.vpc_endpoint and not _allows(Layer.VPC_ENDPOINT, allowing):
        return Layer.VPC_ENDPOINT
    return None


def _every_level_allows(layer: Layer, levels: Sequence[OrganizationLevel], allowed: set[tuple[Layer, int]]) -> bool:
    """Root, every OU on the way and the account itself must each allow (O "SCP evaluation")."""
    first = 0
    for level in levels:
        if not any((layer, policy) in allowed for policy in range(first, first + len(level.policies))):
            return False
        first += len(level.policies)
    return True


def _service_control(request: Request, policies: PolicySet) -> Sequence[OrganizationLevel]:
    """SCPs bind the users, roles and root users of member accounts, not service-linked roles (O "SCPs")."""
    if account_of(request.principal) is None or _is_service_linked(request.principal):
        return ()
    return policies.service_control


def _resource_control(request: Request, policies: PolicySet) -> Sequence[OrganizationLevel]:
    """RCPs bind whoever calls, but neither service-linked roles nor kms:RetireGrant (O "Resource control policies")."""
    if _is_service_linked(request.principal) or request.action.lower() == RETIRE_GRANT:
        return ()
    return policies.resource_control


def _is_service_linked(principal: Principal) -> bool:
    match principal:
        case RoleSession():
            # The session's ARN has no path; the name's prefix is reserved (U "Create a service-linked role").
            return principal.role_name.startswith("AWSServiceRoleFor")
        case Role():
            return principal.path_and_name.startswith("aws-service-role/")
        case _:
            return False


def _allows(layer: Layer, allowing: Sequence[_Applying]) -> bool:
    return any(item.where.layer is layer for item in allowing)


# --- the layers that grant --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the granting layers say: each member holds what allows the request in its way."""

    identity: tuple[Determining, ...]
    resource: tuple[_Applying, ...]
    grants: tuple[tuple[Grant, Match], ...]
    boundary_allows: bool
    session_allows: bool

    def resource_from(self, least: Match, most: Match = Match.DIRECT) -> tuple[Determining, ...]:
        return tuple(item.where for item in self.resource if least <= item.match <= most)

    def grants_from(self, least: Match, most: Match = Match.DIRECT) -> tuple[Grant, ...]:
        return tuple(grant for grant, match in self.grants if least <= match <= most)


def _decide_granting(request: Request, policies: PolicySet, allowing: Sequence[_Applying]) -> Decision:
    standing = _standing(request, policies, allowing)
    if isinstance(request.principal, Anonymous | ServicePrincipal | FederatedIdentity):
        # They have no identity-based policies: only the resource's own policy, or a grant, can allow them.
        return _allow_or(Layer.RESOURCE, standing.resource_from(Match.EVERYONE), standing.grants_from(Match.EVERYONE))
    if _is_same_account(request):
        return _same_account(request, policies, standing)
    return _cross_account(request, policies, standing)


def _standing(request: Request, policies: PolicySet, allowing: Sequence[_Applying]) -> _Standing:
    is_retiring = request.action.lower() == RETIRE_GRANT
    allow_grant = may_retire if is_retiring else match_grant
    matched = ((grant, allow_grant(grant, request)) for grant in policies.grants)
    # "kms:RetireGrant in a key policy has no effect" as an allow (K "Retiring and revoking grants").
    resource = () if is_retiring else tuple(item for item in allowing if item.where.layer is Layer.RESOURCE)
    return _Standing(
        identity=tuple(item.where for item in allowing if item.where.layer is Layer.IDENTITY),
        resource=resource,
        grants=tuple((grant, match) for grant, match in matched if match),
        boundary_allows=not policies.permissions_boundary or _allows(Layer.PERMISSIONS_BOUNDARY, allowing),
        session_allows=not policies.session or _allows(Layer.SESSION, allowing),
    )


def _same_account(request: Request, policies: PolicySet, standing: _Standing) -> Decision:
    """What a resource-based policy names decides what limits it.

    U "How AWS enforcement code logic evaluates requests to allow or deny access".
    """
    ways: list[tuple[bool, tuple[Determining, ...], tuple[Grant, ...]]] = []
    unlimited, session = True, standing.session_allows
    both = standing.boundary_allows and session
    # The user, the session or the root user itself: not limited by implicit denies of boundary or session policy.
    ways.append((unlimited, standing.resource_from(Match.DIRECT), standing.grants_from(Match.DIRECT)))
    # Everyone: names the caller as much as anyone, but a session policy still bounds its session. Undocumented.
    ways.append((session, standing.resource_from(Match.EVERYONE, Match.EVERYONE), ()))
    # The role behind a session, the user behind a federated session: limited by both.
    ways.append(
        (
            both,
            standing.resource_from(Match.UNDERLYING, Match.UNDERLYING),
            standing.grants_from(Match.UNDERLYING, Match.UNDERLYING),
        )
    )
    delegating, delegated = _delegation(request, policies, standing)
    if delegated:
        identity_allows = bool(standing.identity) or isinstance(request.principal, RootUser)
        allowed_by = (*standing.identity, *delegating)
        ways.append((both and identity_allows, allowed_by, standing.grants_from(Match.ACCOUNT, Match.ACCOUNT)))
        if both and identity_allows and not allowed_by:
            return Decision(outcome=Outcome.ALLOW)  # the root user of the account, whom no statement needs to allow
    statements = tuple(where for holds, found, _ in ways if holds for where in found)
    grants = tuple(grant for holds, _, found in ways if holds for grant in found)
    return _allow_or(_missing_in_account(request, standing, delegated=delegated), statements, grants)


def _delegation(request: Request, policies: PolicySet, standing: _Standing) -> tuple[tuple[Determining, ...], bool]:
    """Whether the account's IAM policies have a say, and the statements of the resource's policy that give it to them.

    Ordinarily they have. A KMS key and a role need their own policy to name the account (K "Key policies", "Default
    key policy"; U "How AWS enforcement code logic evaluates requests"); kms:RetireGrant needs a grant of the account.
    """
    delegating = standing.resource_from(Match.ACCOUNT, Match.ACCOUNT)
    if request.action.lower() == RETIRE_GRANT:
        return (), _has_issued_grant(request, policies)
    if has_required_policy(request):
        return delegating, bool(delegating) or bool(standing.grants_from(Match.ACCOUNT, Match.ACCOUNT))
    return delegating, True


def _missing_in_account(request: Request, standing: _Standing, *, delegated: bool) -> Layer:
    named = standing.resource_from(Match.UNDERLYING) or standing.grants_from(Match.UNDERLYING)
    if not named and not delegated:
        return Layer.RESOURCE
    if not named and not standing.identity and not isinstance(request.principal, RootUser):
        return Layer.IDENTITY
    return Layer.PERMISSIONS_BOUNDARY if not standing.boundary_allows else Layer.SESSION


def _cross_account(request: Request, policies: PolicySet, standing: _Standing) -> Decision:
    """Both accounts must allow (U "Cross-account policy evaluation logic").

    A grant is enough by itself, within boundary and session policy: a service-linked role without any kms permission
    uses a key of another account through one (Auto Scaling User Guide, "Required AWS KMS key policy for use with
    encrypted volumes"). Who issued a grant retires it by IAM policy alone, on whosever key (K "Retiring and revoking
    grants").
    """
    limits = standing.boundary_allows and standing.session_allows
    identity_allows = bool(standing.identity) or isinstance(request.principal, RootUser)
    resource = standing.resource_from(Match.ACCOUNT)
    has_issued = _has_issued_grant(request, policies)
    by_policies = limits and identity_allows and (bool(resource) or has_issued)
    statements = (*standing.identity, *resource) if by_policies else ()
    grants = standing.grants_from(Match.UNDERLYING) if limits else ()
    if limits and identity_allows:
        grants = (*grants, *standing.grants_from(Match.ACCOUNT, Match.ACCOUNT))
    if by_policies and not statements and not grants:
        return Decision(outcome=Outcome.ALLOW)  # the root user of the issuing account
    missing = _missing_across_accounts(standing, identity_allows=identity_allows, has_issued=has_issued)
    return _allow_or(missing, statements, grants)


def _has_issued_grant(request: Request, policies: PolicySet) -> bool:
    is_retiring = request.action.lower() == RETIRE_GRANT
    return is_retiring and any(was_issued_in(grant, request) for grant in policies.grants)


def _missing_across_accounts(standing: _Standing, *, identity_allows: bool, has_issued: bool) -> Layer:
    if not standing.resource and not standing.grants and not has_issued:
        return Layer.RESOURCE
    if not identity_allows and not standing.grants_from(Match.UNDERLYING):
        return Layer.IDENTITY
    return Layer.PERMISSIONS_BOUNDARY if not standing.boundary_allows else Layer.SESSION


def _allow_or(missing: Layer, statements: tuple[Determining, ...], grants: tuple[Grant, ...]) -> Decision:
    if statements or grants:
        return Decision(outcome=Outcome.ALLOW, determining=statements, grants=grants)
    return Decision(outcome=Outcome.IMPLICIT_DENY, missing=missing)


# --- facts about the request ------------------------------------------------------------------------------------------


def has_required_policy(request: Request) -> bool:
    """Whether the resource must itself allow the caller or delegate to the account: a key, or a role to be assumed."""
    if request.resource is None:
        return False
    action = request.action.lower()
    if request.resource.is_kms_key:
        return action.startswith("kms:")
    return request.resource.is_iam_role and action.startswith("sts:")


def _is_same_account(request: Request) -> bool:
    """An action on no resource happens in the caller's own account, unless the request says otherwise."""
    return request.owner is None or request.owner == account_of(request.principal)


def _needs_no_permission(request: Request) -> bool:
    """Some calls of STS are answered even under an explicit deny.

    "No permissions are required" for either (AWS STS API Reference, "GetCallerIdentity", "GetSessionToken": "You cannot
    use policies to control authentication operations").
    """
    is_authentication = request.action.lower() in {"sts:getcalleridentity", "sts:getsessiontoken"}
    return is_authentication and not isinstance(request.principal, Anonymous)
