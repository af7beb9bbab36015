"""An explanation for the owner of the policies: decision, reasons, and the statements' own lines; also as JSON."""

from collections.abc import Iterator
from typing import Any

from policy.evaluate.decision import Outcome
from policy.explain.explanation import Explanation, FailedCondition, GrantReport, StatementReport
from policy.explain.failure import place_of, why_no_grant, why_not
from policy.explain.reasons import reasons
from policy.explain.sentence import caller_name, wire_sentence

# A statement with a hundred actions is known by its first lines.
_MOST_LINES = 12


def explain_text(explanation: Explanation) -> str:
    """The whole explanation as lines of text."""
    return "\n".join(_lines(explanation))


def explain_json(explanation: Explanation) -> dict[str, Any]:
    """The whole explanation as a JSON object."""
    request, decision = explanation.request, explanation.decision
    allowed = decision.outcome is Outcome.ALLOW
    return {
        "decision": str(decision.outcome),
        "reasons": list(reasons(explanation)),
        "message": None if allowed else wire_sentence(request, decision),
        "missing": str(decision.missing) if decision.missing else None,
        "request": {
            "principal": caller_name(request.principal),
            "action": request.action,
            "resource": request.resource_text,
            "resource_account": request.owner,
            "context": {
                key: values[0] if len(values) == 1 else list(values) for key, values in request.context.spelled()
            },
        },
        "determining": [_place_json(report) for report in explanation.statements if _determined(report, explanation)],
        "grants": [grant.grant_id for grant in decision.grants],
        "unmet": [_unmet_json(report, explanation) for report in explanation.unmet],
        "unmet_grants": [_unmet_grant_json(report, explanation) for report in explanation.grants if report.failed],
        "exempt": [str(layer) for layer in explanation.exempt],
    }


def _lines(explanation: Explanation) -> Iterator[str]:
    request, decision = explanation.request, explanation.decision
    yield f"{decision.outcome}: {caller_name(request.principal)} {request.action} {request.resource_text}"
    for reason in reasons(explanation):
        yield f"  - {reason}"
    for report in explanation.statements:
        if _determined(report, explanation):
            yield from snippet(report)
    if decision.outcome is not Outcome.ALLOW:
        yield f"  AWS says: {wire_sentence(request, decision)}"
    for layer in explanation.exempt:
        yield f"  The {layer} does not bind this request."
    context = list(request.context.spelled())
    yield f"  Request context{':' if context else ': empty'}"
    for key, values in context:
        yield f"    {key} = {', '.join(values) or '(no value)'}"


def _determined(report: StatementReport, explanation: Explanation) -> bool:
    place = (report.layer, report.policy, report.index)
    return place in {(where.layer, where.policy, where.index) for where in explanation.decision.determining}


def snippet(report: StatementReport) -> Iterator[str]:
    """The statement's own lines, numbered; none for a policy that was not read from a text."""
    source, span = report.document.source, report.statement.span
    if source is None or span is None:
        return
    first, last = source.line_column(span.start)[0], source.line_column(max(span.start, span.end - 1))[0]
    shown = min(last, first + _MOST_LINES - 1)
    width = len(str(shown))
    yield f"  {' ' * width}--> {source.name}:{first}"
    for line in range(first, shown + 1):
        yield f"  {line:>{width}} | {source.line_text(line)}"
    if shown < last:
        yield f"  {' ' * width} | … {last - shown} more lines"


def _place_json(report: StatementReport) -> dict[str, Any]:
    source, span = report.document.source, report.statement.span
    place: dict[str, Any] = {
        "layer": str(report.layer),
        "policy": report.policy,
        "statement": report.index,
        "sid": report.statement.sid,
        "effect": str(report.statement.effect),
    }
    if report.org is not None:
        place["org"] = report.org
    if source and span:
        place |= {"file": source.name, "line": source.line_column(span.start)[0]}
    return place


def _unmet_json(report: StatementReport, explanation: Explanation) -> dict[str, Any]:
    return {
        **_place_json(report),
        "statement_text": place_of(report, explanation.request),
        "failed": str(report.failed),
        "why": why_not(report, explanation.request),
        "conditions": [_condition_json(failed) for failed in report.conditions],
    }


def _condition_json(failed: FailedCondition) -> dict[str, Any]:
    condition = failed.condition
    return {
        "operator": condition.operator_name,
        "key": condition.key,
        "policy_values": list(condition.values),
        "request_values": None if failed.present is None else list(failed.present),
    }


def _unmet_grant_json(report: GrantReport, explanation: Explanation) -> dict[str, Any]:
    why = why_no_grant(report, explanation)
    return {"grant_id": report.grant.grant_id, "failed": str(report.failed), "why": why}
