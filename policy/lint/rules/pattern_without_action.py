"""A pattern of actions of AWS KMS matches none of them.

Why:
    The statement says nothing about what its author had in mind.

Bad:
    allow "Use" {
      action    kms:GenerateDatakeys*  # <-- here
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Good:
    allow "Use" {
      action    kms:GenerateDataKey*
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.kms import every_kms_action, kms_matches
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip, did_you_mean


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        is_kms = value.text[:4].lower() == "kms:"
        if is_kms and ("*" in value.text or "?" in value.text) and not kms_matches(value.text):
            near = did_you_mean(value.text.rstrip("*?"), sorted(every_kms_action()))
            yield Fault(place=value.place, message=f"`{clip(value.text)}` matches no action of AWS KMS", help=near)


RULE = Rule(
    code="WK302",
    name="pattern-without-action",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ACTION",),
)
