"""The document is no JSON.

Why:
    AWS refuses the policy as malformed, and nothing can be said of what it means.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "kms:ListKeys" "Resource": "*"}  # <-- here
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
    RFC 8259; IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK001",
    name="json-syntax",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("json-syntax", "json-string", "yaml-syntax"),
    analyzer=("JSON_SYNTAX_ERROR",),
)
