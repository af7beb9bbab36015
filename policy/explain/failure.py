"""Why one statement or grant does not apply, in a clause: the element, what it asks for, and what the request has."""

from collections.abc import Iterable

from policy.catalogue.operators import Operator
from policy.evaluate.grants import exceeding_operations, loosens_constraint
from policy.evaluate.statements import Element
from policy.explain.explanation import Explanation, FailedCondition, GrantElement, GrantReport, StatementReport
from policy.explain.sentence import caller_name
from policy.model.document import Patterns, PrincipalKind, Principals
from policy.model.policies import Layer
from policy.model.request import Request
from policy.syntax.faults import clip

_MOST_VALUES = 4
_LONGEST_VALUE = 200


def policy_name(layer: Layer, request: Request) -> str:
    """The layer as people call it: a key's resource-based policy is its key policy, a role's its trust policy."""
    if layer is Layer.RESOURCE and request.resource is not None:
        if request.resource.is_kms_key:
            return "key policy"
        if request.resource.is_iam_role:
            return "trust policy"
    return str(layer)


def place_of(report: StatementReport, request: Request) -> str:
    """`key policy statement "Sid" (file:line)`; a statement without a Sid goes by its number."""
    number = f"{report.index + 1}" if report.policy == 0 else f"{report.index + 1} of policy {report.policy + 1}"
    name = f'"{report.statement.sid}"' if report.statement.sid else number
    level = f" of {report.org}" if report.org else ""
    return f"{policy_name(report.layer, request)}{level} statement {name}{_where(report)}"


def why_not(report: StatementReport, request: Request) -> str:
    """Why a statement does not apply."""
    match report.failed:
        case Element.PRINCIPAL:
            return _principal(report.statement.principals, request)
        case Element.ACTION:
            return _patterns("Action", report.statement.actions, request.action)
        case Element.RESOURCE:
            return _patterns("Resource", report.statement.resources, request.resource_text)
        case Element.CONDITION:
            return "; ".join(map(condition_failure, report.conditions))
        case None:
            return "applies"


def condition_failure(failed: FailedCondition) -> str:
    """Which condition does not hold, and with which values."""
    condition = failed.condition
    name = f"Condition {condition.operator_name} {condition.key}"
    wanted = f"the policy asks for {_values(condition.values)}"
    if condition.operator is Operator.NULL:
        found = "the key" if failed.present else "no such key"
        return f"{name}: the request has {found}, {wanted}"
    if failed.present is None:
        return f"{name}: the request has no such key, {wanted}"
    if not failed.present:
        return f"{name}: the key is there without a value, {wanted}"
    several = ", and an operator without ForAnyValue or ForAllValues takes one value"
    note = several if len(failed.present) > 1 and condition.qualifier is None else ""
    return f"{name}: the request has {_values(failed.present)}, {wanted}{note}"


def why_no_grant(report: GrantReport, explanation: Explanation) -> str:
    """Why a grant does not apply."""
    grant, request = report.grant, explanation.request
    match report.failed:
        case GrantElement.KEY:
            return f"KeyId: it is for `{grant.key_id}`"
        case GrantElement.OPERATIONS:
            return f"Operations: {_values(sorted(grant.operations))} do not cover {request.action}"
        case GrantElement.GRANTEE:
            grantee = grant.grantee_principal or grant.grantee_service_principal
            return f"GranteePrincipal: `{grantee}` is not {caller_name(request.principal)}"
        case GrantElement.CONSTRAINTS:
            return f"Constraints: {'; '.join(_constraints(report, request))}"
        case None:
            return "applies"


def _constraints(report: GrantReport, request: Request) -> Iterable[str]:
    grant, context = report.grant, dict(request.encryption_context)
    if more := exceeding_operations(grant, request):
        yield f"a grant made through it cannot allow {_values(more)}, which it does not allow itself"
    if loosens_constraint(grant, request):
        yield "a grant made through it needs EncryptionContextEquals, as it has itself"
    if grant.encryption_context_equals is not None and dict(grant.encryption_context_equals) != context:
        yield f"EncryptionContextEquals {dict(grant.encryption_context_equals)}, the request has {context or 'none'}"
    subset = grant.encryption_context_subset
    if subset is not None and not subset.items() <= context.items():
        yield f"EncryptionContextSubset {dict(subset)}, the request has {context or 'none'}"
    if grant.source_arn is not None and request.context.get("aws:sourcearn") != (grant.source_arn,):
        found = _values(request.context.get("aws:sourcearn", ())) or "none"
        yield f"SourceArn `{grant.source_arn}`, the request has {found}"


def _principal(principals: Principals | None, request: Request) -> str:
    caller = caller_name(request.principal)
    if principals is None:
        return "it has no Principal, so it is for nobody"
    listed = [entry.value for entry in principals.entries]
    if principals.negated:
        return f"NotPrincipal spares {caller}"
    text = f"Principal {_values(listed)} does not name {caller}"
    wild = any("*" in value and value != "*" for value in listed)
    aws = any(entry.kind is PrincipalKind.AWS for entry in principals.entries)
    return f"{text}; a wildcard inside a principal's ARN matches nobody" if wild and aws else text


def _patterns(name: str, patterns: Patterns | None, found: str) -> str:
    if patterns is None:
        return f"it has no {name}, so it has no effect"
    if patterns.negated:
        return f"Not{name} {_values(patterns.values)} leaves out {found}"
    return f"{name} {_values(patterns.values)} does not cover {found}"


def _values(values: Iterable[str]) -> str:
    """Values for a sentence: a few of them, in backticks."""
    texts = [f"`{clip(value, _LONGEST_VALUE)}`" for value in values]
    shown = texts[:_MOST_VALUES]
    rest = f" and {len(texts) - len(shown)} more" if len(texts) > len(shown) else ""
    return ", ".join(shown) + rest


def _where(report: StatementReport) -> str:
    source, span = report.document.source, report.statement.span
    if source is None:
        return ""
    return f" ({source.name}:{source.line_column(span.start)[0]})" if span else f" ({source.name})"
