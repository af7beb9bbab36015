"""A key that may hold several values is compared without a set qualifier.

Why:
    Without `ForAnyValue` or `ForAllValues` AWS does not say what the comparison means.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContextKeys == "app"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      any kms:EncryptionContextKeys == "app"
    }

Source:
    IAM User Guide, "Set operators for multivalued context keys".
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        facts = entry.facts
        is_multivalued = facts is not None and facts.multivalued
        if is_multivalued and not entry.condition.qualifier and entry.operator is not Operator.NULL:
            name = entry.condition.operator_name
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` may hold several values, and `{name}` compares one",
                help=f"write `ForAnyValue:{name}` or `ForAllValues:{name}`",
            )


RULE = Rule(
    code="WK507",
    name="missing-qualifier",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("MISSING_QUALIFIER",),
)
