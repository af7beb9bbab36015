"""An Allow is covered by a Deny, so that it never has effect.

Why:
    A Deny overrules every Allow. One of the two statements is not what was meant.

Bad:
    allow "Delete" {  # <-- here
      action    kms:ScheduleKeyDeletion
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }
    deny "KeysStay" {
      action    kms:ScheduleKeyDeletion, kms:DisableKey
      resource  *
    }

Good:
    allow "Describe" {
      action    kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }
    deny "KeysStay" {
      action    kms:ScheduleKeyDeletion, kms:DisableKey
      resource  *
    }

Source:
    IAM User Guide, "Policy evaluation logic", The difference between explicit and implicit denies.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.covering import covers
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    if len(policy.allows) == len(policy.statements):
        return
    denies = [each for each in policy.statements if not each.is_allow]
    for each in policy.allows:
        wider = next((deny for deny in denies if covers(deny, each)), None)
        if wider is not None:
            yield Fault(
                place=each.place,
                message=f"{each.title} never has effect: {wider.title} denies all of it",
                help="remove it, or narrow the Deny",
            )


RULE = Rule(code="WK701", name="shadowed-by-deny", severity=Severity.WARNING, text=__doc__, check=_check)
