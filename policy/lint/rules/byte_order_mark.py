"""The file begins with a byte order mark.

Why:
    Some editors write U+FEFF before the text. It is no JSON, and AWS refuses a policy document that begins with it.
    It cannot be seen; the example begins with one.

Bad:
    \ufeff{  # <-- here
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
    }

Source:
    RFC 8259, section 8.1.
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK014",
    name="byte-order-mark",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("byte-order-mark",),
    analyzer=("JSON_SYNTAX_ERROR",),
)
