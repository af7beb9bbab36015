"""A condition key has a newer name.

Why:
    AWS keeps the old name for a while and recommends the new one.

Bad:
    allow "Use" {
      action    kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:CustomerMasterKeySpec == "SYMMETRIC_DEFAULT"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:KeySpec == "SYMMETRIC_DEFAULT"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:CustomerMasterKeySpec (deprecated).
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_NEWER = {
    "kms:customermasterkeyspec": "kms:KeySpec",
    "kms:customermasterkeyusage": "kms:KeyUsage",
}


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key in _NEWER:
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` is deprecated",
                help=f"write `{_NEWER[entry.key]}`",
            )


RULE = Rule(
    code="WK526",
    name="deprecated-condition-key",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("DEPRECATED_GLOBAL_CONDITION_KEY",),
)
