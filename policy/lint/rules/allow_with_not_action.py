"""`NotAction` stands in an Allow.

Why:
    It allows all actions of all services but those listed, IAM's and tomorrow's among them.

Bad:
    allow "AllButDeletion" {
      not action  kms:ScheduleKeyDeletion  # <-- here
      resource    *
    }

Good:
    allow "Use" {
      action    kms:Encrypt, kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM JSON policy elements: NotAction".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, RESOURCE_BASED, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.actions and each.actions[0].negated:
            yield Fault(
                place=Place(each.index, Part.ACTION),
                message=f"{each.title} allows every action but those listed",
                help="list what is allowed, and deny what is not",
            )


RULE = Rule(
    code="WK308",
    name="allow-with-not-action",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY | RESOURCE_BASED,
)
