"""Several accounts are allowed everything on the key.

Why:
    Whoever administers IAM in any of them can administer the key, change its policy, and delete it. Other accounts
    need its use at most.

Bad:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root, arn:aws:iam::444455556666:root  # <-- here
      action     kms:*
      resource   *
    }

Good:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    allow "Use by another account" {
      principal  arn:aws:iam::444455556666:root
      action     @usage
      resource   *
    }

Source:
    KMS Developer Guide, "Allowing users in other accounts to use a KMS key".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CHANGE_POLICY
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    first: str | None = None
    for each in policy.allows:
        if CHANGE_POLICY not in each.kms_actions:
            continue
        for value in each.principals:
            if value.account and not value.negated and first and value.account != first:
                yield Fault(
                    place=value.place,
                    message=f"account `{value.account}` may change the key policy as well as account `{first}`",
                    help="allow other accounts the use of the key only",
                )
            first = first or (None if value.negated else value.account)


RULE = Rule(
    code="WK612",
    name="delegation-to-several-accounts",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
)
