"""A Deny spares a user, role or session by `NotPrincipal`, but not its account.

Why:
    AWS checks the account, the role and the session one after the other, and all of them must be listed; a role that
    stands there alone is denied with everyone else.

Bad:
    allow "The account" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    deny "Only the administrator" {
      not principal  arn:aws:iam::111122223333:user/Admin  # <-- here
      action         kms:ScheduleKeyDeletion
      resource       *
    }

Good:
    allow "The account" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    deny "Only the administrator" {
      principal  *
      action     kms:ScheduleKeyDeletion
      resource   *
      when       aws:PrincipalArn != arn:aws:iam::111122223333:user/Admin
    }

Source:
    IAM User Guide, "AWS JSON policy elements: NotPrincipal".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import WITH_PRINCIPAL, Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.is_allow or not each.principals or not each.principals[0].negated or each.is_partial:
            continue
        accounts = {value.account for value in each.principals}
        for value in each.principals:
            parts = value.text.split(":")
            if value.kind is PrincipalKind.AWS and len(parts) > 5 and parts[4] not in accounts:
                yield Fault(
                    place=value.place,
                    message=f"`{clip(value.text)}` is denied all the same, as its account `{parts[4]}` is not listed",
                    help="better deny everyone with a condition on `aws:PrincipalArn`",
                )


RULE = Rule(
    code="WK207",
    name="not-principal-without-account",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=WITH_PRINCIPAL,
)
