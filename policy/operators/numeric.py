"""The numeric operators: integers and decimals, compared exactly.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Numeric condition operators.
"""

import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from policy.operators.family import TypedFamily

_CHARACTERS = frozenset("0123456789+-.eE")


def parse_number(text: str) -> Decimal | None:
    """Read a decimal number, with sign and exponent if need be; None for anything else ("NaN", "1_000", " 5")."""
    if not _CHARACTERS.issuperset(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _family(relation: Callable[[Decimal, Decimal], bool]) -> TypedFamily[Decimal, Decimal]:
    return TypedFamily(parse_number, parse_number, relation)


EQUALS = _family(operator.eq)
LESS_THAN = _family(operator.lt)
LESS_THAN_EQUALS = _family(operator.le)
GREATER_THAN = _family(operator.gt)
GREATER_THAN_EQUALS = _family(operator.ge)
