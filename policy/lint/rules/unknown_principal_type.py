"""A principal stands under a type that does not exist.

Why:
    There are four: `AWS`, `Service`, `Federated` and `CanonicalUser`. AWS refuses any other.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": {"Services": "ec2.amazonaws.com"},  # <-- here
        "Action": "sts:AssumeRole"
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole"
      }
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal".
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK012",
    name="unknown-principal-type",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("unknown-principal-type",),
    analyzer=("INVALID_PRINCIPAL_KEY",),
)
