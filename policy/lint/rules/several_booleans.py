"""A condition compares with both true and false.

Why:
    Any value is one of them: the condition asks nothing.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Deny",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {
          "Bool": {"aws:SecureTransport": ["true", "false"]}  # <-- here
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
          "Bool": {"aws:SecureTransport": "false"}
        }
      }
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Invalid condition multiple boolean.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator in (Operator.BOOL, Operator.NULL):
            values = {text.lower() for text, _ in entry.values}
            if values >= {"true", "false"}:
                yield Fault(
                    place=entry.place,
                    message=f"`{entry.condition.key}` is compared with both true and false: one of them holds",
                    help="keep one of them",
                )


RULE = Rule(
    code="WK516",
    name="several-booleans",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_CONDITION_MULTIPLE_BOOLEAN",),
)
