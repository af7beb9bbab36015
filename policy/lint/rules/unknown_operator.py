"""A condition operator does not exist.

Why:
    AWS refuses the policy. `Null` takes no `IfExists`: it asks whether the key exists already.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:ListKeys",
        "Resource": "*",
        "Condition": {
          "StringMatches": {"aws:PrincipalTag/team": "a*"}  # <-- here
        }
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:ListKeys",
        "Resource": "*",
        "Condition": {
          "StringLike": {"aws:PrincipalTag/team": "a*"}
        }
      }
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK010",
    name="unknown-operator",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("unknown-operator",),
    analyzer=("INVALID_CONDITION_OPERATOR", "NULL_WITH_IF_EXISTS"),
)
