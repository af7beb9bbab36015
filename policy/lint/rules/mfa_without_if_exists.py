"""A Deny asks that `aws:MultiFactorAuthPresent` is false, which it is not where it is absent.

Why:
    Calls with long-term access keys have no such key at all, so that the Deny does not apply to them: the very calls
    without MFA that were meant.

Bad:
    deny "WithoutMfa" {
      action    kms:ScheduleKeyDeletion
      resource  *
      when      aws:MultiFactorAuthPresent == false  # <-- here
    }

Good:
    deny "WithoutMfa" {
      action    kms:ScheduleKeyDeletion
      resource  *
      when      aws:MultiFactorAuthPresent? == false
    }

Source:
    IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key != "aws:multifactorauthpresent" or entry.operator is not Operator.BOOL or entry.statement.is_allow:
            continue
        if not entry.condition.if_exists and [text.lower() for text, _ in entry.values] == ["false"]:
            yield Fault(
                place=entry.place,
                message="calls with long-term access keys have no `aws:MultiFactorAuthPresent`, and are not denied",
                help="use `BoolIfExists`",
            )


RULE = Rule(code="WK537", name="mfa-without-if-exists", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check)
