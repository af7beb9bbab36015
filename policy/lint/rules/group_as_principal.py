"""A group is named as a principal.

Why:
    A group cannot call and is no principal; AWS refuses the policy.

Bad:
    allow "Developers" {
      principal  arn:aws:iam::111122223333:group/Developers  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "Developers" {
      principal  arn:aws:iam::111122223333:role/Developer
      action     kms:Decrypt
      resource   *
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal" ("You cannot identify a user group as a principal").
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if value.kind is PrincipalKind.AWS and ":group/" in value.text:
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is a group, which is no principal",
                help="name a role, or give the group an IAM policy and let the key policy delegate to the account",
            )


RULE = Rule(
    code="WK203",
    name="group-as-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_PRINCIPAL_FORMAT",),
)
