"""What to change when a line of a scenario fails: the statement that decides, or the one that came nearest."""

from collections.abc import Iterator

from policy.evaluate.decision import Outcome
from policy.evaluate.statements import Element
from policy.explain.explanation import Explanation, StatementReport
from policy.explain.failure import place_of, policy_name, why_not
from policy.explain.text import snippet
from policy.model.document import Effect
from policy.model.policies import Layer
from policy.scenario.model import EITHER_DENY, Check

# The later an element fails, the nearer the statement came.
_NEARNESS = {Element.CONDITION: 0, Element.RESOURCE: 1, Element.ACTION: 2, Element.PRINCIPAL: 3, None: 4}


def what_to_change(check: Check, explanation: Explanation) -> Iterator[str]:
    """The statements to look at, each with what is to be done and its lines; nothing if the outcome is as expected."""
    outcome = explanation.decision.outcome
    if check.is_met_by(outcome):
        return
    if check.outcome == Outcome.ALLOW and outcome is Outcome.EXPLICIT_DENY:
        yield from _determining(explanation, "denies it: narrow this statement")
    elif check.outcome == Outcome.ALLOW:
        yield from _nearest(explanation, Effect.ALLOW, explanation.decision.missing)
    elif check.outcome == Outcome.EXPLICIT_DENY:
        yield from _nearest(explanation, Effect.DENY, None)
    elif outcome is Outcome.ALLOW:
        yield from _allowing(explanation)
    elif check.outcome != EITHER_DENY:
        yield from _determining(explanation, "denies it explicitly: take this statement back")


def _allowing(explanation: Explanation) -> Iterator[str]:
    yield from _determining(explanation, "allows it: narrow this statement")
    for grant in explanation.decision.grants:
        yield f"grant {grant.grant_id} allows it: constrain or revoke it"


def _determining(explanation: Explanation, advice: str) -> Iterator[str]:
    places = {(where.layer, where.policy, where.index) for where in explanation.decision.determining}
    for report in explanation.statements:
        if (report.layer, report.policy, report.index) in places:
            yield f"{place_of(report, explanation.request)} {advice}"
            yield from snippet(report)


def _nearest(explanation: Explanation, effect: Effect, layer: Layer | None) -> Iterator[str]:
    """The statement that nearly applied; or where one is to be added, if none names the caller and action."""
    request = explanation.request
    near = [
        report
        for report in explanation.unmet
        if report.statement.effect is effect and layer in (None, report.layer) and _is_near(report)
    ]
    if not near:
        where = "no policy" if layer is None else f"no {policy_name(layer, request)}"
        yield f"{where} has a statement that comes near: add a {effect} of {request.action}"
        return
    nearest = min(near, key=lambda report: _NEARNESS[report.failed])
    yield f"{place_of(nearest, request)} comes nearest: {why_not(nearest, request)}"
    yield from snippet(nearest)


def _is_near(report: StatementReport) -> bool:
    return report.failed is not Element.PRINCIPAL
