"""An effect is neither `Allow` nor `Deny`.

Why:
    The value is sensitive to case, and AWS refuses any other.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "allow",  # <-- here
        "Action": "kms:ListKeys",
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
    IAM User Guide, "IAM JSON policy elements: Effect".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK008",
    name="invalid-effect",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("invalid-effect",),
    analyzer=("INVALID_EFFECT",),
)
