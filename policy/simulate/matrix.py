"""The full matrix: every principal, every action, every key. Actions that no statement tells apart are decided once.

For one caller and one key the decision depends on the action only through the statements and grants that cover it. So
each document is held against all actions once, and of the actions that the same statements cover, one is asked.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policy.evaluate.decision import Decision
from policy.model.arn import Arn
from policy.model.document import Patterns, PolicyDocument
from policy.model.policies import PolicySet
from policy.model.principal import Principal
from policy.model.request import Request, RequestContext
from policy.operators.action import prepare_action
from policy.simulate.compiled_world import CompiledWorld
from policy.simulate.context import Values
from policy.simulate.world import World

# Actions that are more than their name to the engine: rules of their own, or condition keys that follow from them.
_APART = frozenset({"kms:retiregrant", "kms:creategrant", "kms:listgrants", "kms:revokegrant"})


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
    """Works out rows; remembers which actions each document's statements cover."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._compiled = CompiledWorld(matrix.world)
        self._covered: dict[int, tuple[PolicyDocument, tuple[int, ...]]] = {}

    def row(self, principal: Principal, key: Arn) -> Row:
        actions = self._matrix.actions
        first = Request(principal=principal, action=actions[0], resource=key)
        policies = self._matrix.world.policies_for(first)
        compiled = self._compiled.compile(policies)
        decided: dict[object, Decision] = {}
        decisions = []
        for action, likeness in zip(actions, self._likenesses(policies), strict=True):
            decision = decided.get(likeness)
            if decision is None:
                decision = decided[likeness] = compiled.decide(self._request(principal, action, key))
            decisions.append(decision)
        return Row(principal=principal, key=key, policies=policies, decisions=tuple(decisions))

    def _request(self, principal: Principal, action: str, key: Arn) -> Request:
        context = self._matrix.world.context(principal, action, key, self._matrix.context)
        return Request(principal=principal, action=action, resource=key, context=RequestContext(context))

    def _likenesses(self, policies: PolicySet) -> Iterable[object]:
        """For each action something that is equal for actions of the same decision."""
        actions = self._matrix.actions
        covered = [self._statements_that_cover(document) for document in _documents(policies)]
        operations = {f"kms:{operation}".lower() for grant in policies.grants for operation in grant.operations}
        own = operations | _APART
        apart = [action if action.lower() in own else None for action in actions]
        return zip(apart, *covered, strict=True)

    def _statements_that_cover(self, document: PolicyDocument) -> tuple[int, ...]:
        """For each action the statements whose Action or NotAction element covers it, as the bits of a number."""
        held = self._covered.get(id(document))
        if held is None:
            masks = [0] * len(self._matrix.actions)
            for index, statement in enumerate(document.statements):
                for place, covers in enumerate(_covers(statement.actions, self._matrix.actions)):
                    masks[place] |= covers << index
            held = self._covered[id(document)] = (document, tuple(masks))
        return held[1]


def _covers(patterns: Patterns | None, actions: Sequence[str]) -> list[bool]:
    if patterns is None:
        return [False] * len(actions)
    tests = [prepare_action(value) for value in patterns.values]
    return [any(test(action) for test in tests) != patterns.negated for action in actions]


def _documents(policies: PolicySet) -> Iterator[PolicyDocument]:
    """Every document of a set."""
    for level in (*policies.service_control, *policies.resource_control):
        yield from level.policies
    yield from policies.vpc_endpoint
    if policies.resource is not None:
        yield policies.resource
    yield from (*policies.identity, *policies.permissions_boundary, *policies.session)
