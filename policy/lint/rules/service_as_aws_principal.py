"""A service stands among the AWS principals.

Why:
    `AWS` is for accounts, users, roles and sessions; a service stands under `Service`. AWS refuses the policy.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "ec2.amazonaws.com"},  # <-- here
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
    IAM User Guide, "AWS JSON policy elements: Principal", AWS service principals.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if value.kind is PrincipalKind.AWS and ".amazonaws.com" in value.text and not value.text.startswith("arn:"):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is a service, and stands under `AWS`",
                help="put it under `Service`",
            )


RULE = Rule(
    code="WK205",
    name="service-as-aws-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_PRINCIPAL_KEY",),
)
