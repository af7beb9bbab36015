"""A role's trust policy has `NotPrincipal`.

Why:
    A trust policy names who may assume the role. IAM refuses one that names who may not.

Bad:
    deny "Others" {
      not principal  arn:aws:iam::111122223333:root  # <-- here
      action         sts:AssumeRole
    }

Good:
    allow "Ours" {
      principal  arn:aws:iam::111122223333:root
      action     sts:AssumeRole
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Role trust policy syntax error NotPrincipal.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.principals and each.principals[0].negated:
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} has `NotPrincipal`, which a trust policy cannot",
                help="name those who may assume the role",
            )


RULE = Rule(
    code="WK115",
    name="not-principal-in-trust-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",),
)
