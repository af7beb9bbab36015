"""A resource is covered by another in the same list.

Why:
    Taking the narrower one away takes nothing away.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*, arn:aws:kms:us-east-1:111122223333:key/1234  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Redundant resource.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.covering import redundant
from policy.lint.rule import Fault, Remove, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if len(each.resources) < 2 or each.is_partial:
            continue
        for value, wider in redundant([value.text for value in each.resources]):
            yield Fault(
                place=each.resources[value].place,
                message=f"`{clip(each.resources[value].text)}` is covered by `{clip(each.resources[wider].text)}`",
                help="remove it",
                edit=Remove(),
            )


RULE = Rule(
    code="WK704",
    name="redundant-resource",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("REDUNDANT_RESOURCE",),
)
