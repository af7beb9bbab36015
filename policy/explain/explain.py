"""Works out, on demand, what every statement of every layer and every grant came to for one request.

The evaluators stop at the first mismatch and keep nothing; this asks the same predicates again, and keeps the answers.
"""

from collections.abc import Iterator, Sequence

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
from policy.evaluate.principals import Match
from policy.evaluate.reference import resource_control_for, service_control_for
from policy.evaluate.statements import Element, failing_conditions, first_mismatch, principal_match
from policy.explain.explanation import Explanation, FailedCondition, GrantElement, GrantReport, StatementReport
from policy.model.document import PolicyDocument, Statement
from policy.model.grant import Grant
from policy.model.policies import Layer, PolicySet
from policy.model.request import Request


def explain(request: Request, policies: PolicySet, decision: Decision) -> Explanation:
    """Explain a decision that was made on this request and these policies."""
    return Explanation(
        request=request,
        policies=policies,
        decision=decision,
        statements=tuple(_reports(request, policies)),
        grants=tuple(_report_grant(grant, request) for grant in policies.grants),
        exempt=tuple(_exempt(request, policies)),
    )


def _exempt(request: Request, policies: PolicySet) -> Iterator[Layer]:
    """The layers of the organisation that are there but do not bind this caller or action."""
    if policies.resource_control and not resource_control_for(request, policies):
        yield Layer.RESOURCE_CONTROL
    if policies.service_control and not service_control_for(request, policies):
        yield Layer.SERVICE_CONTROL


Numbered = tuple[str | None, PolicyDocument]


def _reports(request: Request, policies: PolicySet) -> Iterator[StatementReport]:
    """Every statement that bears on the caller, in the order in which `reference.decide` goes through the layers."""
    resource_control = [
        (level.org, document) for level in resource_control_for(request, policies) for document in level.policies
    ]
    service_control = [
        (level.org, document) for level in service_control_for(request, policies) for document in level.policies
    ]
    resource = () if policies.resource is None else (policies.resource,)
    yield from _of_layer(Layer.RESOURCE_CONTROL, resource_control, request)
    yield from _of_layer(Layer.SERVICE_CONTROL, service_control, request)
    yield from _of_layer(Layer.VPC_ENDPOINT, _numbered(policies.vpc_endpoint), request)
    yield from _of_layer(Layer.RESOURCE, _numbered(resource), request, has_boundary=bool(policies.permissions_boundary))
    yield from _of_layer(Layer.IDENTITY, _numbered(policies.identity), request)
    yield from _of_layer(Layer.PERMISSIONS_BOUNDARY, _numbered(policies.permissions_boundary), request)
    yield from _of_layer(Layer.SESSION, _numbered(policies.session), request)


def _numbered(documents: Sequence[PolicyDocument]) -> list[Numbered]:
    return [(None, document) for document in documents]


def _of_layer(
    layer: Layer, documents: Sequence[Numbered], request: Request, *, has_boundary: bool = False
) -> Iterator[StatementReport]:
    for policy, (org, document) in enumerate(documents):
        for index, statement in enumerate(document.statements):
            match = _match(layer, statement, request, has_boundary=has_boundary)
            failed = first_mismatch(statement, document, request) if match else Element.PRINCIPAL
            yield StatementReport(
                layer=layer,
                policy=policy,
                index=index,
                statement=statement,
                document=document,
                org=org,
                match=match,
                failed=failed,
                conditions=_failed_conditions(statement, document, request) if failed is Element.CONDITION else (),
            )


def _match(layer: Layer, statement: Statement, request: Request, *, has_boundary: bool) -> Match:
    """Only a resource-based policy must have a Principal; elsewhere a statement without one is for everybody."""
    if layer is not Layer.RESOURCE and statement.principals is None:
        return Match.EVERYONE
    return principal_match(statement, request, has_boundary=has_boundary)


def _failed_conditions(statement: Statement, document: PolicyDocument, request: Request) -> tuple[FailedCondition, ...]:
    return tuple(
        FailedCondition(condition=condition, present=request.context.get(condition.key))
        for condition in failing_conditions(statement, document, request)
    )


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
