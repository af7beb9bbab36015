"""The condition operators, a row each: the family that compares, and whether the comparison is negated.

Null is not among them: it asks whether the key is there, not what it holds, and `condition` answers it.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policy.catalogue.operators import Operator
from policy.operators import arn, binary, boolean, date, ip, numeric, string
from policy.operators.family import Family


@dataclass(frozen=True, slots=True)
class Row:
    """How an operator works."""

    family: Family
    negated: bool = False


OPERATORS: Mapping[Operator, Row] = MappingProxyType(
    {
        Operator.STRING_EQUALS: Row(string.EQUALS),
        Operator.STRING_NOT_EQUALS: Row(string.EQUALS, negated=True),
        Operator.STRING_EQUALS_IGNORE_CASE: Row(string.EQUALS_IGNORE_CASE),
        Operator.STRING_NOT_EQUALS_IGNORE_CASE: Row(string.EQUALS_IGNORE_CASE, negated=True),
        Operator.STRING_LIKE: Row(string.LIKE),
        Operator.STRING_NOT_LIKE: Row(string.LIKE, negated=True),
        Operator.NUMERIC_EQUALS: Row(numeric.EQUALS),
        Operator.NUMERIC_NOT_EQUALS: Row(numeric.EQUALS, negated=True),
        Operator.NUMERIC_LESS_THAN: Row(numeric.LESS_THAN),
        Operator.NUMERIC_LESS_THAN_EQUALS: Row(numeric.LESS_THAN_EQUALS),
        Operator.NUMERIC_GREATER_THAN: Row(numeric.GREATER_THAN),
        Operator.NUMERIC_GREATER_THAN_EQUALS: Row(numeric.GREATER_THAN_EQUALS),
        Operator.DATE_EQUALS: Row(date.EQUALS),
        Operator.DATE_NOT_EQUALS: Row(date.EQUALS, negated=True),
        Operator.DATE_LESS_THAN: Row(date.LESS_THAN),
        Operator.DATE_LESS_THAN_EQUALS: Row(date.LESS_THAN_EQUALS),
        Operator.DATE_GREATER_THAN: Row(date.GREATER_THAN),
        Operator.DATE_GREATER_THAN_EQUALS: Row(date.GREATER_THAN_EQUALS),
        Operator.BOOL: Row(boolean.BOOL),
        Operator.BINARY_EQUALS: Row(binary.BINARY),
        Operator.IP_ADDRESS: Row(ip.IP_ADDRESS),
        Operator.NOT_IP_ADDRESS: Row(ip.IP_ADDRESS, negated=True),
        # "The ArnEquals and ArnLike condition operators behave identically", and so do their negations.
        Operator.ARN_EQUALS: Row(arn.LIKE),
        Operator.ARN_NOT_EQUALS: Row(arn.LIKE, negated=True),
        Operator.ARN_LIKE: Row(arn.LIKE),
        Operator.ARN_NOT_LIKE: Row(arn.LIKE, negated=True),
    }
)
