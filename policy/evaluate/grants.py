"""Whether a grant allows a request: a grant is an allow with constraints.

Source: KMS Developer Guide, "Grants in AWS KMS", "Creating grants", "Retiring and revoking grants";
KMS API Reference, "GrantConstraints".
"""

from collections.abc import Mapping

from policy.evaluate.principals import Match, match_entry, names_account
from policy.model.document import PrincipalEntry, PrincipalKind
from policy.model.grant import Grant
from policy.model.principal import account_of
from policy.model.request import Request

RETIRE_GRANT = "kms:retiregrant"
_CREATE_GRANT = "kms:creategrant"

# "Grant constraints are not applied to DescribeKey and RetireGrant" (Using grant constraints).
UNCONSTRAINED = frozenset({"DescribeKey", "RetireGrant"})


def match_grant(grant: Grant, request: Request) -> Match:
    """How directly the grant allows the request to its caller; NONE if it does not."""
    operation = granted_operation(grant, request)
    if operation is None or not is_for_key(grant, request):
        return Match.NONE
    match = _match_grantee(grant, request)
    if match is Match.NONE or operation in UNCONSTRAINED:
        return match
    return match if constraints_hold(grant, request) else Match.NONE


def may_retire(grant: Grant, request: Request) -> Match:
    """Whether the caller may retire the grant without further permission: retiring principal, or grantee with it."""
    if not is_for_key(grant, request):
        return Match.NONE
    retiring = [
        PrincipalEntry(PrincipalKind.AWS, grant.retiring_principal or ""),
        PrincipalEntry(PrincipalKind.SERVICE, grant.retiring_service_principal or ""),
    ]
    match = max(match_entry(entry, request.principal) for entry in retiring)
    return max(match, match_grant(grant, request))


def was_issued_in(grant: Grant, request: Request) -> bool:
    """Whether the grant was created in the caller's account, whose IAM policies may then let it retire the grant."""
    account = account_of(request.principal)
    if account is None:
        return False
    issuer = grant.issuing_account or (request.owner or "")
    return any(names_account(issuer, account, partition) for partition in ("aws", "aws-cn", "aws-us-gov"))


def constraints_hold(grant: Grant, request: Request) -> bool:
    """Whether every constraint of the grant holds; encryption contexts are compared with case.

    The encryption context of kms:CreateGrant is the one that the new grant asks for.
    """
    if exceeding_operations(grant, request) or loosens_constraint(grant, request):
        return False
    context = request.encryption_context
    equals, subset = grant.encryption_context_equals, grant.encryption_context_subset
    if equals is not None and dict(equals) != dict(context):
        return False
    if subset is not None and not _contains(context, subset):
        return False
    return grant.source_arn is None or request.context.get("aws:sourcearn") == (grant.source_arn,)


def exceeding_operations(grant: Grant, request: Request) -> tuple[str, ...]:
    """The operations of the grant that the request creates which are not operations of this one, its parent.

    "can only create grants that allow some or all of the operations in the parent grant" (Creating grants).
    """
    if request.action.lower() != _CREATE_GRANT:
        return ()
    return tuple(name for name in request.context.get("kms:grantoperations", ()) if name not in grant.operations)


def loosens_constraint(grant: Grant, request: Request) -> bool:
    """Whether the grant that the request creates has a subset constraint where its parent's is exact.

    "can change an EncryptionContextSubset constraint to an EncryptionContextEquals constraint, but not the reverse"
    (Creating grants).
    """
    if request.action.lower() != _CREATE_GRANT or grant.encryption_context_equals is None:
        return False
    return "EncryptionContextSubset" in request.context.get("kms:grantconstrainttype", ())


def _contains(context: Mapping[str, str], subset: Mapping[str, str]) -> bool:
    return all(context.get(key) == value for key, value in subset.items())


def granted_operation(grant: Grant, request: Request) -> str | None:
    """The operation of the grant that the request's action is, if the grant has it."""
    action = request.action.lower()
    return next((operation for operation in grant.operations if f"kms:{operation}".lower() == action), None)


def is_for_key(grant: Grant, request: Request) -> bool:
    """Whether the request is about the grant's key."""
    if request.resource is None or not request.resource.is_kms_key:
        return False
    return grant.key_id in (str(request.resource), request.resource.resource.removeprefix("key/"))


def _match_grantee(grant: Grant, request: Request) -> Match:
    entries = []
    if grant.grantee_principal:
        entries.append(PrincipalEntry(PrincipalKind.AWS, grant.grantee_principal))
        entries.append(PrincipalEntry(PrincipalKind.SERVICE, grant.grantee_principal))
    if grant.grantee_service_principal:
        entries.append(PrincipalEntry(PrincipalKind.SERVICE, grant.grantee_service_principal))
    return max((match_entry(entry, request.principal) for entry in entries), default=Match.NONE)
