"""What a scenario means: a world, and requests in it with what each should come to."""

from dataclasses import dataclass

from policy.evaluate.decision import Outcome
from policy.explain.text import explain_text
from policy.model.arn import Arn
from policy.model.principal import Principal
from policy.simulate.context import Values
from policy.simulate.world import Trial, World
from policy.source import Source, Span

EITHER_DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One expectation, its names resolved. The outcome is that of a decision, or `deny` for either deny."""

    outcome: str
    principal: Principal
    action: str
    resource: Arn | None
    context: Values
    source: Source
    span: Span

    @property
    def line(self) -> int:
        """Where it stands in its file, counted from 1."""
        return self.source.line_column(self.span.start)[0]

    @property
    def text(self) -> str:
        """The line as it is written, spaces narrowed."""
        return " ".join(self.source.text[self.span.start : self.span.end].split())

    def is_met_by(self, outcome: Outcome) -> bool:
        """Whether a decision is what the line expects."""
        return outcome is not Outcome.ALLOW if self.outcome == EITHER_DENY else outcome == self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A titled world and its checks."""

    title: str
    world: World
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A check, tried."""

    check: Check
    trial: Trial

    @property
    def passed(self) -> bool:
        """Whether the decision is the expected one."""
        return self.check.is_met_by(self.trial.decision.outcome)


def failure_text(result: Result) -> str:
    """What a line that failed came to: its place, the line itself, and the explanation of the decision."""
    check = result.check
    verdict = f"expected {check.outcome}, decided {result.trial.decision.outcome}"
    explanation = explain_text(result.trial.explanation).replace("\n", "\n  ")
    return f"{check.source.name}:{check.line}: {verdict}\n  {check.text}\n  {explanation}"


def run_check(check: Check, world: World) -> Result:
    """Try one check in its world."""
    return Result(check=check, trial=world.ask(check.principal, check.action, check.resource, check.context))
