"""Works out, on demand, what every statement of every layer and every grant came to for one request.

The engine keeps nothing of what did not apply; this asks every element again, as far as the first that fails, and
keeps the answers. It says what `statements` says, but by the prepared forms of the operators, which no pattern slows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policy.evaluate.decision import Decision
from policy.evaluate.grants import (
    RETIRE_GRANT,
    UNCONSTRAINED,
    constraints_hold,
    granted_operation,
    is_for_key,
    match_grant,
    may_retire,
)
from policy.evaluate.prepared import Use
from policy.evaluate.principals import Match, match_principals
from policy.evaluate.question import Question, ask
from policy.evaluate.statements import Element
from policy.explain.explanation import Explanation, FailedCondition, GrantElement, GrantReport, StatementReport
from policy.model.document import PolicyDocument, Statement, Version
from policy.model.grant import Grant
from policy.model.policies import Layer, OrganizationLevel, PolicySet
from policy.model.request import Request
from policy.operators.action import prepare_action
from policy.operators.condition import prepare_condition
from policy.operators.family import Context
from policy.operators.resource import prepare_resource


def explain(request: Request, policies: PolicySet, decision: Decision) -> Explanation:
    """Explain a decision that was made on this request and these policies."""
    question, context = ask(request), request.context.lowered()
    return Explanation(
        request=request,
        policies=policies,
        decision=decision,
        statements=tuple(
            _report(stand, index, question, context)
            for stand in _stands(question, policies)
            for index in range(len(stand.document.statements))
        ),
        grants=tuple(_report_grant(grant, request) for grant in policies.grants),
        exempt=tuple(_exempt(question, policies)),
    )


def _exempt(question: Question, policies: PolicySet) -> Iterator[Layer]:
    """The layers of the organisation that are there but do not bind this caller or action."""
    if policies.resource_control and Layer.RESOURCE_CONTROL in question.unbinding:
        yield Layer.RESOURCE_CONTROL
    if policies.service_control and Layer.SERVICE_CONTROL in question.unbinding:
        yield Layer.SERVICE_CONTROL


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a document stands: its layer, its number there, the level of the organisation, and what it is used as."""

    document: PolicyDocument
    layer: Layer
    policy: int
    org: str | None = None
    use: Use = Use.PLAIN


def _stands(question: Question, policies: PolicySet) -> Iterator[_Stand]:
    """Every document that bears on the caller, in the order in which `reference.decide` goes through the layers."""
    if Layer.RESOURCE_CONTROL not in question.unbinding:
        yield from _of_levels(Layer.RESOURCE_CONTROL, policies.resource_control)
    if Layer.SERVICE_CONTROL not in question.unbinding:
        yield from _of_levels(Layer.SERVICE_CONTROL, policies.service_control)
    yield from _of_layer(Layer.VPC_ENDPOINT, policies.vpc_endpoint)
    if policies.resource is not None:
        use = Use.RESOURCE_BOUNDED if policies.permissions_boundary else Use.RESOURCE
        yield _Stand(policies.resource, Layer.RESOURCE, 0, use=use)
    yield from _of_layer(Layer.IDENTITY, policies.identity)
    yield from _of_layer(Layer.PERMISSIONS_BOUNDARY, policies.permissions_boundary)
    yield from _of_layer(Layer.SESSION, policies.session)


def _of_levels(layer: Layer, levels: Iterable[OrganizationLevel]) -> Iterator[_Stand]:
    numbered = enumerate((level.org, document) for level in levels for document in level.policies)
    return (_Stand(document, layer, policy, org) for policy, (org, document) in numbered)


def _of_layer(layer: Layer, documents: Iterable[PolicyDocument]) -> Iterator[_Stand]:
    return (_Stand(document, layer, policy) for policy, document in enumerate(documents))


def _report(stand: _Stand, index: int, question: Question, context: Context) -> StatementReport:
    """What one statement came to."""
    statement, version = stand.document.statements[index], stand.document.version
    match = _match(stand.use, statement, question)
    failing: tuple[FailedCondition, ...] = ()
    if not match:
        failed: Element | None = Element.PRINCIPAL
    elif not _covers_action(statement, question):
        failed = Element.ACTION
    elif not _covers_resource(statement, question, context, version):
        failed = Element.RESOURCE
    else:
        failing = tuple(_failing(statement, context, version))
        failed = Element.CONDITION if failing else None
    return StatementReport(
        layer=stand.layer,
        policy=stand.policy,
        index=index,
        statement=statement,
        document=stand.document,
        org=stand.org,
        match=match,
        failed=failed,
        conditions=failing,
    )


def _match(use: Use, statement: Statement, question: Question) -> Match:
    """Only a resource-based policy must have a Principal; elsewhere a statement without one is for everybody."""
    if statement.principals is None:
        return Match.EVERYONE if use is Use.PLAIN else Match.NONE
    has_boundary = use is Use.RESOURCE_BOUNDED
    return match_principals(statement.principals, question.principal, statement.effect, has_boundary=has_boundary)


def _covers_action(statement: Statement, question: Question) -> bool:
    patterns = statement.actions
    if patterns is None:
        return False
    return any(prepare_action(value)(question.action) for value in patterns.values) != patterns.negated


def _covers_resource(statement: Statement, question: Question, context: Context, version: Version) -> bool:
    patterns, text = statement.resources, question.resource_text
    if patterns is None:
        # A role's trust policy means the role.
        return statement.principals is not None and question.resource is not None and question.resource.is_iam_role
    return any(prepare_resource(value, version)(text, context) for value in patterns.values) != patterns.negated


def _failing(statement: Statement, context: Context, version: Version) -> Iterator[FailedCondition]:
    for condition in statement.conditions:
        if not prepare_condition(condition, version)(context):
            yield FailedCondition(condition=condition, present=context.get(condition.key.lower()))


def _report_grant(grant: Grant, request: Request) -> GrantReport:
    is_retiring = request.action.lower() == RETIRE_GRANT
    if (may_retire if is_retiring else match_grant)(grant, request):
        return GrantReport(grant=grant)
    operation = granted_operation(grant, request)
    if not is_for_key(grant, request):
        failed = GrantElement.KEY
    elif operation is None and not is_retiring:
        failed = GrantElement.OPERATIONS
    elif operation not in UNCONSTRAINED and not is_retiring and not constraints_hold(grant, request):
        failed = GrantElement.CONSTRAINTS
    else:
        failed = GrantElement.GRANTEE
    return GrantReport(grant=grant, failed=failed)
