"""The policy has no statement at all.

Why:
    AWS refuses it. A policy that should allow nothing needs not exist.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": []  # <-- here
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
      ]
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Statement".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK013",
    name="empty-policy",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("empty-policy",),
    analyzer=("MISSING_STATEMENT",),
)
