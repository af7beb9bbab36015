"""A statement of a resource's policy names no principal.

Why:
    Such a policy is not attached to anybody, so each statement must say whom it is about. AWS refuses it otherwise.

Bad:
    allow "The account" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    allow "Somebody" {  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "The account" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    allow "The application" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal"; KMS API Reference, "PutKeyPolicy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import WITH_PRINCIPAL, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.statement.principals is None:
            yield Fault(
                place=each.place,
                message=f"{each.title} names no principal, which a statement of this kind of policy must",
                help="add `Principal`",
            )


RULE = Rule(
    code="WK101",
    name="missing-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=WITH_PRINCIPAL,
    analyzer=("MISSING_PRINCIPAL",),
)
