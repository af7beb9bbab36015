"""The version is none of the policy language's.

Why:
    There are two, and neither is the date on which the policy was written. AWS refuses any other.

Bad:
    {
      "Version": "2026-01-31",  # <-- here
      "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Version".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK009",
    name="invalid-version",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("invalid-version",),
    analyzer=("INVALID_VERSION",),
)
