"""An identity-based policy names a principal.

Why:
    Its principal is whoever it is attached to. AWS refuses the policy.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Principal": "*",  # <-- here
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
    IAM User Guide, "AWS JSON policy elements: Principal".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.statement.principals is not None:
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} names a principal, which an identity-based policy cannot",
                help="the principal is whoever the policy is attached to",
            )


RULE = Rule(
    code="WK104",
    name="principal-in-identity-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
    analyzer=("UNSUPPORTED_PRINCIPAL", "UNSUPPORTED_ELEMENT_COMBINATION"),
)
