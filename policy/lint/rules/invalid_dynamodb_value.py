"""A condition key of DynamoDB is compared with a value that it never has.

Why:
    The key holds one of a few words. Compared with another the condition never holds, or always.

Bad:
    allow "NamesOnly" {
      action    dynamodb:Query
      resource  arn:aws:dynamodb:us-east-1:111122223333:table/people
      when      dynamodb:Select == "specific_attributes"  # <-- here
    }

Good:
    allow "NamesOnly" {
      action    dynamodb:Query
      resource  arn:aws:dynamodb:us-east-1:111122223333:table/people
      when      dynamodb:Select == "SPECIFIC_ATTRIBUTES"
    }

Source:
    DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control", Specifying conditions.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip, one_of

_VALUES = {
    "dynamodb:select": ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"),
    "dynamodb:returnvalues": ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"),
    "dynamodb:returnconsumedcapacity": ("TOTAL", "NONE"),
}
_CASELESS = frozenset({Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_NOT_EQUALS_IGNORE_CASE})


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        known = _VALUES.get(entry.key)
        if known is None or not entry.operator.startswith("String"):
            continue
        for text, place in entry.values:
            word = text.upper() if entry.operator in _CASELESS else text
            if word not in known and not any(mark in text for mark in "*?$"):
                yield Fault(
                    place=place,
                    message=f"`{entry.condition.key}` is never `{clip(text)}`",
                    help=f"write {one_of(list(known))}",
                )


RULE = Rule(
    code="WK541",
    name="invalid-dynamodb-value",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=(
        "DYNAMODB_INVALID_SELECT_VALUE",
        "DYNAMODB_INVALID_RETURN_VALUES",
        "DYNAMODB_INVALID_RETURN_CONSUMED_CAPACITY",
    ),
)
