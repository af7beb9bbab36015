"""A trust policy names an action that is not about assuming roles.

Why:
    A role's trust policy is asked only when the role is assumed; IAM refuses other actions in it.

Bad:
    allow "EC2" {
      principal  service ec2.amazonaws.com
      action     sts:AssumeRole, kms:Decrypt  # <-- here
    }

Good:
    allow "EC2" {
      principal  service ec2.amazonaws.com
      action     sts:AssumeRole
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Unsupported action in policy.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        if not value.text.lower().startswith(("sts:", "*")):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` cannot stand in a trust policy, which is about assuming the role",
                help="put it into a policy of the role",
            )


RULE = Rule(
    code="WK311",
    name="no-assume-action",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("UNSUPPORTED_ACTION_IN_POLICY",),
)
