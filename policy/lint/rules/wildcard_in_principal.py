"""A wildcard stands inside of a principal's name.

Why:
    In `Principal` a `*` is everyone, alone; inside an ARN it is no wildcard, and AWS refuses the policy or the
    statement matches nobody.

Bad:
    allow "Applications" {
      principal  arn:aws:iam::111122223333:role/app-*  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "Applications" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:PrincipalArn like arn:aws:iam::111122223333:role/app-*
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if ("*" in value.text or "?" in value.text) and not value.is_everyone:
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` has a wildcard inside, which matches no principal",
                help="name the account or `*`, and compare `aws:PrincipalArn` in a condition",
            )


RULE = Rule(
    code="WK202",
    name="wildcard-in-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("UNSUPPORTED_WILDCARD_IN_PRINCIPAL",),
)
