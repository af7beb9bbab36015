"""The names of the condition operators and set qualifiers.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Set operators for multivalued context keys".
"""

from enum import StrEnum


class Operator(StrEnum):
    """A condition operator, without set qualifier and without IfExists."""

    STRING_EQUALS = "StringEquals"
    STRING_NOT_EQUALS = "StringNotEquals"
    STRING_EQUALS_IGNORE_CASE = "StringEqualsIgnoreCase"
    STRING_NOT_EQUALS_IGNORE_CASE = "StringNotEqualsIgnoreCase"
    STRING_LIKE = "StringLike"
    STRING_NOT_LIKE = "StringNotLike"
    NUMERIC_EQUALS = "NumericEquals"
    NUMERIC_NOT_EQUALS = "NumericNotEquals"
    NUMERIC_LESS_THAN = "NumericLessThan"
    NUMERIC_LESS_THAN_EQUALS = "NumericLessThanEquals"
    NUMERIC_GREATER_THAN = "NumericGreaterThan"
    NUMERIC_GREATER_THAN_EQUALS = "NumericGreaterThanEquals"
    DATE_EQUALS = "DateEquals"
    DATE_NOT_EQUALS = "DateNotEquals"
    DATE_LESS_THAN = "DateLessThan"
    DATE_LESS_THAN_EQUALS = "DateLessThanEquals"
    DATE_GREATER_THAN = "DateGreaterThan"
    DATE_GREATER_THAN_EQUALS = "DateGreaterThanEquals"
    BOOL = "Bool"
    BINARY_EQUALS = "BinaryEquals"
    IP_ADDRESS = "IpAddress"
    NOT_IP_ADDRESS = "NotIpAddress"
    ARN_EQUALS = "ArnEquals"
    ARN_NOT_EQUALS = "ArnNotEquals"
    ARN_LIKE = "ArnLike"
    ARN_NOT_LIKE = "ArnNotLike"
    NULL = "Null"


class Qualifier(StrEnum):
    """A set qualifier, for keys that may hold several values."""

    FOR_ANY_VALUE = "ForAnyValue"
    FOR_ALL_VALUES = "ForAllValues"


IF_EXISTS = "IfExists"

_OPERATORS = {operator.lower(): operator for operator in Operator}
_QUALIFIERS = {qualifier.lower(): qualifier for qualifier in Qualifier}


def split_operator(text: str) -> tuple[Qualifier | None, Operator, bool] | None:
    """Take `ForAnyValue:StringLikeIfExists` apart into qualifier, operator and IfExists; None if it is no operator.

    Operator names are case-insensitive. `NullIfExists` is no operator: IfExists goes with every operator but Null
    ("IAM JSON policy elements: Condition operators").
    """
    name = text.lower()
    qualifier = None
    if ":" in name:
        prefix, _, name = name.partition(":")
        qualifier = _QUALIFIERS.get(prefix)
        if qualifier is None:
            return None
    if name.endswith("ifexists") and name != "nullifexists":
        operator = _OPERATORS.get(name.removesuffix("ifexists"))
        return (qualifier, operator, True) if operator else None
    operator = _OPERATORS.get(name)
    return (qualifier, operator, False) if operator else None


def join_operator(qualifier: Qualifier | None, operator: Operator, if_exists: bool) -> str:
    """The operator's full IAM spelling, the inverse of `split_operator`."""
    return f"{qualifier + ':' if qualifier else ''}{operator}{IF_EXISTS if if_exists else ''}"
