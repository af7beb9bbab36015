"""What a set of policies has to say to one question: fixed but for the conditions, which a request's context decides.

A decision depends on the context only through which of the plan's candidates hold. So the plan tests those, and
remembers the decision that follows from each outcome of the tests.
"""

from dataclasses import dataclass, field

from policy.evaluate.compiled_grants import GrantCandidate
from policy.evaluate.conclusion import Applying, GrantApplying, Setting, conclude
from policy.evaluate.decision import Decision
from policy.model.request import Request
from policy.operators.condition import ConditionTest

_REMEMBERED = 64

Held = tuple[int, ...]
"""Which of a plan's candidates held, by number."""


# Compared by identity: plans are looked up, never compared.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """The candidates for one question. It never changes but for the decisions it remembers."""

    setting: Setting
    statements: tuple[tuple[Applying, tuple[ConditionTest, ...]], ...]
    """The statements that apply if all of their tests hold, in the order of the layers."""
    grants: tuple[GrantCandidate, ...]
    _conditional: tuple[tuple[int, tuple[ConditionTest, ...]], ...] = field(init=False, repr=False)
    _constrained: tuple[tuple[int, GrantCandidate], ...] = field(init=False, repr=False)
    # Invariant: what is remembered is a function of its key, so it does not matter which thread writes it.
    _decisions: dict[Held, Decision] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        conditional = ((number, tests) for number, (_, tests) in enumerate(self.statements) if tests)
        constrained = enumerate(self.grants, start=len(self.statements))
        object.__setattr__(self, "_conditional", tuple(conditional))
        object.__setattr__(self, "_constrained", tuple(item for item in constrained if item[1].is_constrained))

    def decide(self, request: Request) -> Decision:
        """Decide a request that asks the plan's question."""
        held = self._held(request)
        decision = self._decisions.get(held)
        if decision is None:
            decision = self._conclude(held)
            if len(self._decisions) >= _REMEMBERED:
                self._decisions.clear()
            self._decisions[held] = decision
        return decision

    def _held(self, request: Request) -> Held:
        """The numbers of the conditional candidates that hold."""
        held = []
        context = request.context.lowered()
        for number, tests in self._conditional:
            for test in tests:
                if not test(context):
                    break
            else:
                held.append(number)
        for number, grant in self._constrained:
            if grant.holds(request):
                held.append(number)
        return tuple(held)

    def _conclude(self, held: Held) -> Decision:
        numbers = frozenset(held)
        applying = [item for number, (item, tests) in enumerate(self.statements) if not tests or number in numbers]
        granting = [
            GrantApplying(candidate.grant, candidate.match)
            for number, candidate in enumerate(self.grants, start=len(self.statements))
            if not candidate.is_constrained or number in numbers
        ]
        return conclude(self.setting, applying, granting)
