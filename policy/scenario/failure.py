"""What a line that failed came to: the line, why it was decided so, and which statement to change."""

from collections.abc import Iterator

from policy.explain.text import explain_text
from policy.scenario.advice import what_to_change
from policy.scenario.model import Result, reasons_of
from policy.syntax.faults import one_of


def failure_text(result: Result) -> str:
    """What a line that failed came to, for a person."""
    return "\n  ".join(_lines(result))


def _lines(result: Result) -> Iterator[str]:
    check, explanation = result.check, result.trial.explanation
    yield f"{check.source.name}:{check.line}: {_verdict(result)}"
    yield check.text
    yield from explain_text(explanation).split("\n")
    advice = list(what_to_change(check, explanation))
    if advice:
        yield "What to change:"
        yield from (f"  {line}" for line in advice)


def _verdict(result: Result) -> str:
    outcome = result.trial.decision.outcome
    if not result.missing_reasons or not result.check.is_met_by(outcome):
        return f"expected {result.check.outcome}, decided {outcome}"
    found = sorted(reasons_of(result.trial))
    because = f"because of {one_of(found)}" if found else "for no reason that has a name"
    return f"decided {outcome} as expected, but {because}, not {one_of(result.missing_reasons)}"
