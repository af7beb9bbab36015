"""Whether open conditions can hold together, found out by trying the few values that one of them lists.

Where no condition lists the values of a key, nothing is ruled out.
"""

from collections.abc import Iterable, Sequence

from policy.catalogue.operators import Operator
from policy.model.document import Condition, Version
from policy.model.request import RequestContext
from policy.operators.condition import condition_holds

# A positive operator without a set qualifier asks for exactly one value, so those it lists are all there can be.
_LISTING = frozenset({Operator.STRING_EQUALS, Operator.BOOL, Operator.NUMERIC_EQUALS})

_ABSENT: tuple[str, ...] = ()
_PRESENT = ("any",)


def can_hold_together(conditions: Iterable[str | Condition]) -> bool:
    """Whether some request satisfies all of the conditions; a text is taken to be satisfiable."""
    of_key = _by_key(conditions)
    return all(_values_left(own) != [] for own in of_key.values())


def forced_by(conditions: Iterable[str | Condition], others: Sequence[str | Condition]) -> bool:
    """Whether the others hold in every request that satisfies the conditions; where that is not sure, no."""
    of_key = _by_key(conditions)
    return all(
        isinstance(other, Condition) and _is_forced(other, of_key.get(other.key.lower(), [])) for other in others
    )


def _is_forced(condition: Condition, own: list[Condition]) -> bool:
    left = _values_left(own)
    if left is None or not left or _has_variable(condition):
        return False
    return all(_holds(condition, values) for values in left)


def _by_key(conditions: Iterable[str | Condition]) -> dict[str, list[Condition]]:
    of_key: dict[str, list[Condition]] = {}
    for each in conditions:
        if isinstance(each, Condition) and each.qualifier is None and not _has_variable(each):
            of_key.setdefault(each.key.lower(), []).append(each)
    return of_key


def _values_left(conditions: list[Condition]) -> list[tuple[str, ...]] | None:
    """The values of a key that satisfy all conditions on it; None if no condition lists any."""
    candidates = _candidates(conditions)
    if candidates is None:
        return None
    return [values for values in candidates if all(_holds(each, values) for each in conditions)]


def _candidates(conditions: list[Condition]) -> list[tuple[str, ...]] | None:
    nulls = [each for each in conditions if each.operator is Operator.NULL]
    if any(_holds(each, _ABSENT) and not _holds(each, _PRESENT) for each in nulls):
        return [_ABSENT]
    listing = (each for each in conditions if each.operator in _LISTING and not each.if_exists)
    first = next(listing, None)
    return None if first is None else [(value,) for value in first.values]


def _holds(condition: Condition, values: tuple[str, ...]) -> bool:
    return condition_holds(condition, RequestContext({condition.key: values} if values else {}), Version.CURRENT)


def _has_variable(condition: Condition) -> bool:
    return any("${" in value for value in condition.values)
