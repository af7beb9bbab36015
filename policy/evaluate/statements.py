"""Whether one statement applies to a request, and if not, which element fails first. Written for clearness.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from enum import StrEnum

from policy.evaluate.principals import Match, match_principals
from policy.model.document import Condition, Patterns, PolicyDocument, Statement
from policy.model.request import Request
from policy.operators.action import action_matches
from policy.operators.condition import condition_holds
from policy.operators.resource import resource_matches


class Element(StrEnum):
    """An element of a statement, as an explanation names it."""

    PRINCIPAL = "Principal"
    ACTION = "Action"
    RESOURCE = "Resource"
    CONDITION = "Condition"


def first_mismatch(statement: Statement, document: PolicyDocument, request: Request) -> Element | None:
    """The first of Action, Resource and Condition that keeps the statement from applying; None if it applies."""
    if not actions_match(statement, request):
        return Element.ACTION
    if not resources_match(statement, document, request):
        return Element.RESOURCE
    if failing_conditions(statement, document, request):
        return Element.CONDITION
    return None


def actions_match(statement: Statement, request: Request) -> bool:
    """Whether the Action or NotAction element covers the request's action. A statement with neither has no effect."""
    patterns = statement.actions
    if patterns is None:
        return False
    return any(action_matches(value, request.action) for value in patterns.values) != patterns.negated


def resources_match(statement: Statement, document: PolicyDocument, request: Request) -> bool:
    """Whether the Resource or NotResource element covers the request's resource.

    A role's trust policy has no Resource element: it means the role. Any other statement without one has no effect.
    """
    patterns = statement.resources
    if patterns is None:
        return statement.principals is not None and request.resource is not None and request.resource.is_iam_role
    return _any_resource(patterns, document, request) != patterns.negated


def failing_conditions(statement: Statement, document: PolicyDocument, request: Request) -> tuple[Condition, ...]:
    """The conditions that do not hold; all must hold for the statement to apply."""
    return tuple(
        condition
        for condition in statement.conditions
        if not condition_holds(condition, request.context, document.version)
    )


def principal_match(statement: Statement, request: Request, *, has_boundary: bool) -> Match:
    """How the statement's Principal matches the caller. A resource-based statement without one matches nobody."""
    if statement.principals is None:
        return Match.NONE
    return match_principals(statement.principals, request.principal, statement.effect, has_boundary=has_boundary)


def _any_resource(patterns: Patterns, document: PolicyDocument, request: Request) -> bool:
    return any(
        resource_matches(value, request.resource_text, request.context, document.version) for value in patterns.values
    )
