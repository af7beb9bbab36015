"""An Allow compares with `ForAllValues` and does not ask that the key is there.

Why:
    A request without the key meets the condition: one without any encryption context, say.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      all kms:EncryptionContextKeys == "app", "tenant"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContextKeys exists
      when      all kms:EncryptionContextKeys == "app", "tenant"
    }

Source:
    IAM User Guide, "Set operators for multivalued context keys".
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator, Qualifier
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import ConditionFacts, Policy

# A grant always lists its operations.
_ALWAYS_THERE = frozenset({"kms:grantoperations"})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        condition = entry.condition
        if condition.qualifier is not Qualifier.FOR_ALL_VALUES or entry.facts is None or not entry.facts.multivalued:
            continue
        if entry.statement.is_allow and entry.key not in _ALWAYS_THERE and not _is_required(entry):
            yield Fault(
                place=entry.place,
                message=f"a request without `{condition.key}` meets the condition",
                help=f"add a condition that `{condition.key}` exists: `Null` `false`",
            )


def _is_required(entry: ConditionFacts) -> bool:
    others = (each for each in entry.statement.conditions if each.key == entry.key)
    return any(each.restricts or each.operator is Operator.NULL for each in others)


RULE = Rule(code="WK509", name="for-all-values-without-null", severity=Severity.SUGGESTION, text=__doc__, check=_check)
