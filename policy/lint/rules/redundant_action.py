"""An action is covered by another in the same list.

Why:
    It makes the list say less than it seems to: taking the narrower one away takes nothing away.

Bad:
    allow "Use" {
      action    kms:GenerateDataKey*, kms:GenerateDataKeyPair  # <-- here
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Good:
    allow "Use" {
      action    kms:GenerateDataKey*
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Redundant action.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.covering import redundant
from policy.lint.rule import Fault, Remove, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if len(each.actions) < 2:
            continue
        texts = [value.text.lower() for value in each.actions]
        for value, wider in redundant(texts):
            yield Fault(
                place=each.actions[value].place,
                message=f"`{each.actions[value].text}` is covered by `{each.actions[wider].text}`",
                help="remove it",
                edit=Remove(),
            )


RULE = Rule(
    code="WK703",
    name="redundant-action",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("REDUNDANT_ACTION",),
)
