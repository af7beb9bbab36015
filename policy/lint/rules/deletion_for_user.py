"""A principal that is no administrator may schedule the key's deletion.

Why:
    A deleted key takes with it all that it encrypted. Whoever may do that should be who answers for the key.

Bad:
    allow "Clean up" {
      principal  arn:aws:iam::111122223333:role/Cleaner
      action     kms:DescribeKey, kms:ScheduleKeyDeletion  # <-- here
      resource   *
    }

Good:
    allow "Clean up" {
      principal  arn:aws:iam::111122223333:role/Cleaner
      action     kms:ScheduleKeyDeletion
      resource   *
      when       kms:ScheduleKeyDeletionPendingWindowInDays >= 30
    }

Source:
    KMS Developer Guide, "Deleting AWS KMS keys", Controlling access to key deletion.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CHANGE_POLICY, USE, holdings
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_DELETION = "kms:ScheduleKeyDeletion"


def _check(policy: Policy) -> Iterator[Fault]:
    known: set[str] | None = None
    for each in policy.allows:
        named = [value for value in each.actions if value.text.lower() == _DELETION.lower() and not value.negated]
        if not named or each.conditions:
            continue
        known = _administrators_and_users(policy) if known is None else known
        others = [value for value in each.principals if not (value.account or value.text in known)]
        if others and not each.is_partial:
            yield Fault(
                place=named[0].place,
                message=f"`{clip(others[0].text)}` may schedule the deletion of the key, and is no administrator of it",
                help="leave it to an administrator, or ask for a long window or MFA",
            )


def _administrators_and_users(policy: Policy) -> set[str]:
    """Those who may, and those of whom `administers-and-uses` tells."""
    held = USE | {CHANGE_POLICY}
    return {holding.principal.text for holding in holdings(policy) if holding.actions & held}


RULE = Rule(
    code="WK613", name="deletion-for-user", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check, kinds=KEY
)
