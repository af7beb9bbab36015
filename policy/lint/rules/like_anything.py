"""A key is compared with `*` alone.

Why:
    Every value is like `*`, so the condition only asks whether the key is there: `Null` says that plainly.

Bad:
    deny "WithoutTeam" {
      action    kms:*
      resource  *
      when      aws:PrincipalTag/team not like "*"  # <-- here
    }

Good:
    deny "WithoutTeam" {
      action    kms:*
      resource  *
      when      aws:PrincipalTag/team missing
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Equivalent to null false, null true.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_LIKES = frozenset({Operator.STRING_LIKE, Operator.STRING_NOT_LIKE})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        plain = entry.operator in _LIKES and not entry.condition.if_exists and not entry.condition.qualifier
        if plain and any(text and not text.strip("*") for text, _ in entry.values):
            yield Fault(
                place=entry.place,
                message=f"every value is like `*`: the condition asks only whether `{entry.condition.key}` exists",
                help=f"write `Null` `{'true' if entry.is_negated else 'false'}`",
            )


RULE = Rule(
    code="WK520",
    name="like-anything",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("EQUIVALENT_TO_NULL_FALSE", "EQUIVALENT_TO_NULL_TRUE"),
)
