"""What a scenario means: a world, and requests in it with what each should come to."""

from dataclasses import dataclass

from policy.evaluate.decision import Outcome
from policy.explain.failure import policy_name
from policy.model.arn import Arn
from policy.model.principal import Principal
from policy.simulate.context import Values
from policy.simulate.world import Trial, World
from policy.source import Source, Span

EITHER_DENY = "deny"

# A key's resource-based policy, as people and reasons call it.
KEY_POLICY = "key policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One expectation, its names resolved. The outcome is that of a decision, or `deny` for either deny.

    `because` are the Sids, grants and layers that must all be among the reasons.
    """

    outcome: str
    principal: Principal
    action: str
    resource: Arn | None
    context: Values
    because: tuple[str, ...] = ()
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
        """Whether the decision is the expected one, for the expected reasons."""
        return self.check.is_met_by(self.trial.decision.outcome) and not self.missing_reasons

    @property
    def missing_reasons(self) -> tuple[str, ...]:
        """The expected reasons that the decision does not have."""
        found = reasons_of(self.trial)
        return tuple(reason for reason in self.check.because if reason not in found)


def reasons_of(trial: Trial) -> frozenset[str]:
    """What a line may name as the reason of the decision: Sids, grants, and the layer whose allow is missing."""
    decision = trial.decision
    sids = {where.statement.sid for where in decision.determining if where.statement.sid}
    grants = {f"grant {grant.grant_id}" for grant in decision.grants}
    layers = {str(decision.missing), policy_name(decision.missing, trial.request)} if decision.missing else set[str]()
    return frozenset({*sids, *grants, *layers})


def run_check(check: Check, world: World) -> Result:
    """Try one check in its world."""
    return Result(check=check, trial=world.ask(check.principal, check.action, check.resource, check.context))
