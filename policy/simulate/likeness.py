"""Which actions a set of policies does not tell apart: what is decided for one of them is decided for all.

For one caller and one resource a decision depends on the action only through the statements and grants that cover it.
So each document is held against all actions once, however many callers it is of.
"""

from collections.abc import Iterable, Iterator, Sequence

from policy.model.document import Patterns, PolicyDocument
from policy.model.policies import PolicySet
from policy.operators.action import prepare_action

# Actions that are more than their name to the engine: rules of their own, or condition keys that follow from them.
_APART = frozenset({"kms:retiregrant", "kms:creategrant", "kms:listgrants", "kms:revokegrant"})


class Likeness:
    """Compares some actions of AWS KMS; remembers which of them each document's statements cover."""

    def __init__(self, actions: Sequence[str]) -> None:
        self._actions = actions
        # Documents are told apart by identity; each is held, so that its identity is never another's.
        self._covered: dict[int, tuple[PolicyDocument, tuple[int, ...]]] = {}

    def of(self, policies: PolicySet) -> Iterable[tuple[object, ...]]:
        """For each action something that is equal for actions of the same decision.

        Its first member is the action itself, if rules or condition keys of its own set it apart, or None.
        """
        covered = [self._statements_that_cover(document) for document in _documents(policies)]
        operations = {f"kms:{operation}".lower() for grant in policies.grants for operation in grant.operations}
        own = operations | _APART
        apart = [action if action.lower() in own else None for action in self._actions]
        return zip(apart, *covered, strict=True)

    def _statements_that_cover(self, document: PolicyDocument) -> tuple[int, ...]:
        """For each action the statements whose Action or NotAction element covers it, as the bits of a number."""
        held = self._covered.get(id(document))
        if held is None:
            masks = [0] * len(self._actions)
            for index, statement in enumerate(document.statements):
                for place, covers in enumerate(_covers(statement.actions, self._actions)):
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
