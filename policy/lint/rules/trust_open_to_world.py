"""Everyone may assume the role.

Why:
    `*` is every principal of every account. Only a condition that names an account or an organization narrows it.

Bad:
    allow "Everyone" {
      principal  *  # <-- here
      action     sts:AssumeRole
    }

Good:
    allow "Our organization" {
      principal  *
      action     sts:AssumeRole
      when       aws:PrincipalOrgID == "o-exampleorgid"
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal"; "IAM JSON policy elements: Condition".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Part, Place, Rule
from policy.lint.subject import Policy

_NARROWING = ("aws:principal", "aws:source", "aws:userid", "sts:externalid", "aws:federatedprovider")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.is_open and not each.is_partial and not any(each.restricting(*_NARROWING)):
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} lets everyone in the world assume the role",
                help="name the accounts or roles, or add a condition on `aws:PrincipalOrgID`",
            )


RULE = Rule(
    code="WK212",
    name="trust-open-to-world",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",),
)
