"""The policy has no `Statement`, or a statement no `Effect`.

Why:
    Without these a policy says nothing, and AWS refuses it.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Action": "kms:ListKeys", "Resource": "*"}  # <-- here
      ]
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
      ]
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Statement" and "IAM JSON policy elements: Effect".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK006",
    name="missing-effect-or-statement",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("missing-element",),
    analyzer=("MISSING_STATEMENT", "MISSING_EFFECT"),
)
