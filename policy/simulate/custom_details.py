"""What each type of policy says of a request across accounts: the simulator's `EvalDecisionDetails`.

Source: IAM API Reference, "EvaluationResult" and "ResourceSpecificResult", EvalDecisionDetails.
"""

from collections.abc import Iterable, Mapping

from policy.evaluate.principals import Match
from policy.evaluate.statements import first_mismatch, principal_match
from policy.model.document import Effect, PolicyDocument, Statement
from policy.model.policies import PolicySet
from policy.model.principal import account_of
from policy.model.request import Request

RANK = ("explicitDeny", "implicitDeny", "allowed")
"""The words for a decision; the most restrictive, which counts for several resources together, first."""

# The reference names no type of policy; these are the names that its prose has for them, so the choice is ours.
_IDENTITY, _RESOURCE, _BOUNDARY = "IAM Policy", "Resource Policy", "Permissions Boundary Policy"

Details = Mapping[str, str]


def is_cross_account(request: Request) -> bool:
    """Whether the caller is of another account than the resource's."""
    return request.owner is not None and account_of(request.principal) != request.owner


def details_of(policies: PolicySet, request: Request) -> Details:
    """A word for each type of policy that has a say in a request across accounts."""
    found = {
        _IDENTITY: _word(policies.identity, request, has_principal=False),
        _RESOURCE: _word((policies.resource,) if policies.resource else (), request, has_principal=True),
    }
    if policies.permissions_boundary:
        found[_BOUNDARY] = _word(policies.permissions_boundary, request, has_principal=False)
    return found


def together(details: Iterable[Details]) -> Details:
    """The most restrictive word for each type, over several resources."""
    found: dict[str, str] = {}
    for each in details:
        for name, word in each.items():
            found[name] = min(found.get(name, word), word, key=RANK.index)
    return found


def _word(documents: Iterable[PolicyDocument], request: Request, *, has_principal: bool) -> str:
    effects = {
        statement.effect
        for document in documents
        for statement in document.statements
        if first_mismatch(statement, document, request) is None
        and (not has_principal or _names_caller(statement, request))
    }
    if Effect.DENY in effects:
        return "explicitDeny"
    return "allowed" if Effect.ALLOW in effects else "implicitDeny"


def _names_caller(statement: Statement, request: Request) -> bool:
    return principal_match(statement, request, has_boundary=False) is not Match.NONE
