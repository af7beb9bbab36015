"""`Bool` or `Null` compares with something other than true and false.

Why:
    The comparison never holds.

Bad:
    deny "WithoutEncryption" {
      action    kms:*
      resource  *
      when      aws:SecureTransport Bool "no"  # <-- here
    }

Good:
    deny "WithoutEncryption" {
      action    kms:*
      resource  *
      when      aws:SecureTransport == false
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators", Boolean condition operators.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.operators.boolean import parse_boolean
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator in (Operator.BOOL, Operator.NULL):
            for text, place in entry.values:
                if parse_boolean(text) is None and "${" not in text:
                    yield Fault(place=place, message=f"`{clip(text)}` is neither `true` nor `false`")


RULE = Rule(
    code="WK513",
    name="invalid-boolean",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_CONDITION_DATA_TYPE", "TYPE_MISMATCH_BOOLEAN"),
)
