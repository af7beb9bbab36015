"""An element is none of the policy language.

Why:
    Names of elements are sensitive to case and have no plural. AWS refuses a policy with any other.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Actions": "kms:ListKeys",  # <-- here
        "Resource": "*"
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:ListKeys",
        "Resource": "*"
      }
    }

Source:
    IAM User Guide, "IAM JSON policy elements reference".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK005",
    name="unknown-element",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("unknown-element",),
    analyzer=("INVALID_POLICY_ELEMENT",),
)
