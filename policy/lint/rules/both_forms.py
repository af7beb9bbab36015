"""A statement has both an element and its `Not…` form.

Why:
    AWS refuses the statement: `Action` and `NotAction` exclude each other, as do the others.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:*",
        "NotAction": "kms:Decrypt",  # <-- here
        "Resource": "*"
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:us-east-1:111122223333:key/*"},
        {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
      ]
    }

Source:
    IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK011",
    name="both-forms",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("both-forms",),
    analyzer=("UNSUPPORTED_ELEMENT_COMBINATION",),
)
