"""The full matrix: every principal, every action, every key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policy.evaluate.decision import Decision
from policy.model.arn import Arn
from policy.model.policies import PolicySet
from policy.model.principal import Principal
from policy.model.request import Request, RequestContext
from policy.simulate.compiled_world import CompiledWorld
from policy.simulate.context import Values
from policy.simulate.likeness import Likeness
from policy.simulate.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One principal and one key: the policies that bear on its requests, and a decision for each action."""

    principal: Principal
    key: Arn
    policies: PolicySet
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """What is asked. The context is that of every request."""

    world: World
    principals: Sequence[Principal]
    actions: Sequence[str]
    keys: Sequence[Arn]
    context: Values

    @property
    def size(self) -> int:
        """The number of decisions."""
        return len(self.principals) * len(self.actions) * len(self.keys)

    def rows(self) -> Iterator[Row]:
        """Every row, worked out as it is taken; the rows of one key stand together."""
        runner = _Runner(self)
        for key in self.keys:
            for principal in self.principals:
                yield runner.row(principal, key)


class _Runner:
    """Works out rows; of the actions that no statement tells apart, one is asked."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._compiled = CompiledWorld(matrix.world)
        self._likeness = Likeness(matrix.actions)

    def row(self, principal: Principal, key: Arn) -> Row:
        actions = self._matrix.actions
        first = Request(principal=principal, action=actions[0], resource=key)
        policies = self._matrix.world.policies_for(first)
        compiled = self._compiled.compile(policies)
        decided: dict[object, Decision] = {}
        contexts: dict[object, RequestContext] = {}
        decisions = []
        for action, likeness in zip(actions, self._likeness.of(policies), strict=True):
            decision = decided.get(likeness)
            if decision is None:
                # Actions that nothing sets apart have the same condition keys.
                context = contexts.get(likeness[0])
                if context is None:
                    context = contexts[likeness[0]] = self._context(principal, action, key)
                request = Request(principal=principal, action=action, resource=key, context=context)
                decision = decided[likeness] = compiled.decide(request)
            decisions.append(decision)
        return Row(principal=principal, key=key, policies=policies, decisions=tuple(decisions))

    def _context(self, principal: Principal, action: str, key: Arn) -> RequestContext:
        return RequestContext(self._matrix.world.context(principal, action, key, self._matrix.context))
