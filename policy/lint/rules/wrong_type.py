"""An element has a value of a type that it cannot have.

Why:
    Actions, resources and principals are strings or lists of strings; AWS refuses anything else.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": {"kms": "ListKeys"},  # <-- here
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
    IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK007",
    name="wrong-type",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("wrong-type",),
    analyzer=("DATA_TYPE_MISMATCH",),
)
