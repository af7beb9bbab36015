"""The Bool operator: `true` and `false`, in any case.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Boolean condition operators. That page lets
policy variables stand in Bool values; "IAM policy elements: Variables and tags" forbids it, and so do IAM Access
Analyzer's checks (INVALID_VARIABLE_FOR_OPERATOR). They are followed here: a value with a variable is no boolean.
"""

import operator

from policy.operators.family import TypedFamily

_BOOLEANS = {"true": True, "false": False}


def parse_boolean(text: str) -> bool | None:
    """Read `true` or `false`; None for anything else."""
    return _BOOLEANS.get(text.lower())


BOOL: TypedFamily[bool, bool] = TypedFamily(parse_boolean, parse_boolean, operator.eq)
