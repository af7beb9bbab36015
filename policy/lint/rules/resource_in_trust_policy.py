"""A role's trust policy names a resource.

Why:
    Its resource is the role that it belongs to. AWS refuses the policy.

Bad:
    allow "EC2 assumes the role" {
      principal  service ec2.amazonaws.com
      action     sts:AssumeRole
      resource   *  # <-- here
    }

Good:
    allow "EC2 assumes the role" {
      principal  service ec2.amazonaws.com
      action     sts:AssumeRole
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Resource".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.statement.resources is not None:
            yield Fault(
                place=Place(each.index, Part.RESOURCE),
                message=f"{each.title} names a resource, which a trust policy cannot",
                help="the resource is the role that the policy belongs to",
            )


RULE = Rule(
    code="WK105",
    name="resource-in-trust-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",),
)
