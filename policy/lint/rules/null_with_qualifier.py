"""`Null` stands with a set qualifier.

Why:
    It asks whether the key exists; there is no value to quantify over, and the qualifier says nothing.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Deny",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {
          "ForAnyValue:Null": {"kms:EncryptionContextKeys": "true"}  # <-- here
        }
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Deny",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {
          "Null": {"kms:EncryptionContextKeys": "true"}
        }
      }
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Null with qualifier.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator is Operator.NULL and entry.condition.qualifier:
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.operator_name}` asks no more than `Null`",
                help="write `Null`",
            )


RULE = Rule(
    code="WK519",
    name="null-with-qualifier",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("NULL_WITH_QUALIFIER",),
)
