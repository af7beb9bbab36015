"""`ForAllValues` stands with a key that holds one value.

Why:
    `ForAllValues` is true when the key is absent, so that the condition asks nothing of a request without it. AWS KMS
    refuses it for the encryption context.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      all kms:EncryptionContext:app == "web"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"
    }

Source:
    IAM User Guide, "Single-valued vs. multivalued context keys"; KMS Developer Guide, "AWS KMS condition keys".
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator, Qualifier
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        is_single = entry.facts is not None and not entry.facts.multivalued
        if is_single and entry.condition.qualifier is Qualifier.FOR_ALL_VALUES and entry.operator is not Operator.NULL:
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` holds one value, and `ForAllValues` is true without it",
                help=f"write `{entry.condition.operator_name.removeprefix('ForAllValues:')}`",
            )


RULE = Rule(
    code="WK508",
    name="for-all-values-on-single-value",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("FORALLVALUES_WITH_SINGLE_VALUED_KEY",),
)
