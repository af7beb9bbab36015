"""A condition value is covered by another in the same list.

Why:
    Taking the narrower one away takes nothing away.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/team like "web-*", "web-shop"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/team like "web-*"
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Redundant condition value.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.covering import redundant
from policy.lint.rule import Fault, Remove, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_WITH_WILDCARDS = frozenset({Operator.STRING_LIKE, Operator.STRING_NOT_LIKE, Operator.ARN_LIKE, Operator.ARN_NOT_LIKE})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if len(entry.condition.values) < 2 or not entry.is_known:
            continue
        texts = [text for text, _ in entry.values]
        # A `*` of an Arn operator stays inside of its part: there only equal values are sure.
        has_wildcards = entry.operator in _WITH_WILDCARDS and entry.operator.startswith("String")
        for value, wider in redundant(texts, wildcards=has_wildcards):
            yield Fault(
                place=entry.values[value][1],
                message=f"`{clip(texts[value])}` is covered by `{clip(texts[wider])}`",
                help="remove it",
                edit=Remove(),
            )


RULE = Rule(
    code="WK706",
    name="redundant-condition-value",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("REDUNDANT_CONDITION_VALUE_NUM", "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION"),
)
