"""One condition: an operator, a key and its values, held against the request context.

Absent keys, IfExists, Null and the set qualifiers are decided here, once for all operators; the table of operators
knows only how one value compares with another.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for multivalued context keys"
and "Conditions with multiple context keys or values".
"""

from collections.abc import Callable

from policy.catalogue.operators import Operator, Qualifier
from policy.model.document import Condition, Version
from policy.model.request import RequestContext
from policy.operators.family import Context, ValueTest
from policy.operators.table import OPERATORS, Row

ConditionTest = Callable[[Context], bool]
"""A prepared condition: takes the context under lower-case names, `RequestContext.lowered()`."""


def condition_holds(condition: Condition, context: RequestContext, version: Version) -> bool:
    """The definition: whether the condition holds. A key without a value is as good as absent."""
    request_values = context.get(condition.key, ())
    if condition.operator is Operator.NULL:
        return _null_holds(condition, is_absent=not request_values)
    if not request_values:
        return holds_when_absent(condition)
    satisfied = [_is_satisfied(condition, value, context, version) for value in request_values]
    match condition.qualifier:
        case Qualifier.FOR_ANY_VALUE:
            return any(satisfied)
        case Qualifier.FOR_ALL_VALUES:
            return all(satisfied)
        case None:
            # "Multivalued context keys require a condition set operator." What they do without one is not documented;
            # here several values satisfy no operator, negated or not, and IfExists changes nothing, as the key exists.
            return satisfied == [True]


def holds_when_absent(condition: Condition) -> bool:
    """What an operator other than Null says of an absent key.

    "If the key is not present, evaluate the condition element as true" (IfExists, which the page excludes for no set
    qualifier). ForAllValues "also returns true if there are no context keys in the request", ForAnyValue false, negated
    or not. Otherwise "the values do not match": false, and true where the operator asks that they do not.
    """
    if condition.if_exists or condition.qualifier is Qualifier.FOR_ALL_VALUES:
        return True
    return condition.qualifier is None and OPERATORS[condition.operator].negated


def _is_satisfied(condition: Condition, request_value: str, context: RequestContext, version: Version) -> bool:
    """Whether one request value matches one of the policy's values (OR) or, when negated, none of them (NOR)."""
    row = OPERATORS[condition.operator]
    results = [row.family.compare(value, request_value, context, version) for value in condition.values]
    if row.negated:
        return all(result is False for result in results)
    return any(result is True for result in results)


def _null_holds(condition: Condition, *, is_absent: bool) -> bool:
    """Null: "either true (the key doesn't exist) or false (the key exists and its value is not null)".

    A set qualifier changes nothing: there is no value to quantify over.
    """
    return str(is_absent).lower() in {value.lower() for value in condition.values}


def prepare_condition(condition: Condition, version: Version) -> ConditionTest:
    """`condition_holds` for one condition, prepared."""
    key = condition.key.lower()
    if condition.operator is Operator.NULL:
        return _prepare_null(condition, key)
    row = OPERATORS[condition.operator]
    when_absent = holds_when_absent(condition)
    if condition.qualifier is None and not row.negated and not when_absent:
        listed = row.family.literals(condition.values, version)
        if listed is not None:
            return _prepare_listed(key, listed)
    test = row.family.prepare(condition.values, version, negated=row.negated) if condition.values else _no_values(row)
    return _QUANTIFIERS[condition.qualifier](key, test, when_absent)


def _no_values(row: Row) -> ValueTest:
    """Every request value is none of no values; whether it could be compared is not asked."""
    return lambda _value, _context: row.negated


def _prepare_null(condition: Condition, key: str) -> ConditionTest:
    when_absent = _null_holds(condition, is_absent=True)
    when_present = _null_holds(condition, is_absent=False)
    return lambda context: when_present if context.get(key) else when_absent


def _prepare_listed(key: str, listed: frozenset[str]) -> ConditionTest:
    """The key's one value is one of these texts. An absent key is None, which is no tuple of one text."""
    if len(listed) == 1:
        only = tuple(listed)
        return lambda context: context.get(key) == only
    tuples = frozenset((text,) for text in listed)
    return lambda context: context.get(key) in tuples


def _prepare_single(key: str, test: ValueTest, when_absent: bool) -> ConditionTest:
    def holds(context: Context) -> bool:
        values = context.get(key)
        if not values:
            return when_absent
        return len(values) == 1 and test(values[0], context)

    return holds


def _prepare_any(key: str, test: ValueTest, when_absent: bool) -> ConditionTest:
    def holds(context: Context) -> bool:
        values = context.get(key)
        if not values:
            return when_absent
        for value in values:  # noqa: SIM110  a loop costs a third of any() over a generator
            if test(value, context):
                return True
        return False

    return holds


def _prepare_all(key: str, test: ValueTest, when_absent: bool) -> ConditionTest:
    def holds(context: Context) -> bool:
        values = context.get(key)
        if not values:
            return when_absent
        for value in values:  # noqa: SIM110  a loop costs a third of all() over a generator
            if not test(value, context):
                return False
        return True

    return holds


_QUANTIFIERS: dict[Qualifier | None, Callable[[str, ValueTest, bool], ConditionTest]] = {
    None: _prepare_single,
    Qualifier.FOR_ANY_VALUE: _prepare_any,
    Qualifier.FOR_ALL_VALUES: _prepare_all,
}
