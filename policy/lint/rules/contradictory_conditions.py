"""The conditions of a statement contradict each other, so that it never applies.

Why:
    All conditions must hold, and one key cannot be two things at once.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/team == "web"
      when      aws:PrincipalTag/team like "db-*"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/team == "web"
      when      aws:PrincipalTag/role like "db-*"
    }

Source:
    IAM User Guide, "Conditions with multiple context keys or values".
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import ConditionFacts, Policy
from policy.model.pattern import wildcard_matches
from policy.syntax.faults import clip

_TEXT = {
    Operator.STRING_EQUALS: (False, False),
    Operator.STRING_NOT_EQUALS: (False, True),
    Operator.STRING_LIKE: (True, False),
    Operator.STRING_NOT_LIKE: (True, True),
}


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if len(each.keys) == len(each.conditions):
            continue
        for position, entry in enumerate(each.conditions):
            others = [other for other in each.conditions[:position] if other.key == entry.key]
            if any(_exclude(entry, other) or _exclude(other, entry) for other in others):
                yield Fault(
                    place=entry.place,
                    message=f"no `{clip(entry.condition.key)}` meets this and the other condition on it",
                    help="alternatives are values of one condition, or statements of their own",
                )


def _exclude(listed: ConditionFacts, other: ConditionFacts) -> bool:
    """Whether no value that one condition lists meets the other; where that is not sure, no."""
    if listed.operator is Operator.NULL:
        return other.restricts and {text.lower() for text, _ in listed.values} == {"true"}
    if listed.operator is not Operator.STRING_EQUALS or other.operator not in _TEXT:
        return False
    if not (_is_plain(listed) and _is_plain(other)) or other.condition.if_exists or not listed.values:
        return False
    is_like, is_negated = _TEXT[other.operator]
    return all(_matches(text, other, is_like=is_like) is is_negated for text, _ in listed.values)


def _matches(text: str, other: ConditionFacts, *, is_like: bool) -> bool:
    return any(wildcard_matches(pattern, text) if is_like else pattern == text for pattern, _ in other.values)


def _is_plain(entry: ConditionFacts) -> bool:
    condition = entry.condition
    has_variable = any("${" in text for text in condition.values)
    return entry.is_known and not (has_variable or condition.if_exists or condition.qualifier)


RULE = Rule(
    code="WK521",
    name="contradictory-conditions",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",),
)
