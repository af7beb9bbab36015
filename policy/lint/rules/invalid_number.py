"""A numeric operator compares with something that is no number.

Why:
    The comparison never holds, negated or not.

Bad:
    deny "OldSessions" {
      action    kms:*
      resource  *
      when      aws:MultiFactorAuthAge NumericGreaterThan "1h"  # <-- here
    }

Good:
    deny "OldSessions" {
      action    kms:*
      resource  *
      when      aws:MultiFactorAuthAge > 3600
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators", Numeric condition operators.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.operators.numeric import parse_number
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator.startswith("Numeric"):
            for text, place in entry.values:
                if parse_number(text) is None and "${" not in text:
                    yield Fault(place=place, message=f"`{clip(text)}` is no number", help="write digits without a unit")


RULE = Rule(
    code="WK511",
    name="invalid-number",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_CONDITION_DATA_TYPE", "TYPE_MISMATCH_NUMBER"),
)
