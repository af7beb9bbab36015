"""One name stands twice in a JSON object.

Why:
    JSON readers keep one of the two and drop the other without a word: half of the policy is lost.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:ListKeys",
        "Action": "kms:ListAliases",  # <-- here
        "Resource": "*"
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": ["kms:ListKeys", "kms:ListAliases"],
        "Resource": "*"
      }
    }

Source:
    RFC 8259, section 4; IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK003",
    name="duplicate-element",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("duplicate-key",),
    analyzer=("JSON_SYNTAX_ERROR",),
)
