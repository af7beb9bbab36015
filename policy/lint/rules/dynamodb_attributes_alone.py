"""Attributes of DynamoDB items are listed, but not that only they are returned.

Why:
    A read that names no attributes returns the whole item, and so does a write that asks for all old or new values:
    `dynamodb:Attributes` says nothing of either.

Bad:
    allow "NamesOnly" {
      action    dynamodb:GetItem, dynamodb:Query
      resource  arn:aws:dynamodb:us-east-1:111122223333:table/people
      when      all dynamodb:Attributes == "id", "name"  # <-- here
      when      dynamodb:Attributes exists
    }

Good:
    allow "NamesOnly" {
      action    dynamodb:GetItem, dynamodb:Query
      resource  arn:aws:dynamodb:us-east-1:111122223333:table/people
      when      all dynamodb:Attributes == "id", "name"
      when      dynamodb:Attributes exists
      when      dynamodb:Select == "SPECIFIC_ATTRIBUTES"
    }

Source:
    DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control".
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_KEY = "dynamodb:attributes"
_SELECTING = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan")
_RETURNING = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        entry = next((e for e in each.conditions if e.key == _KEY and e.operator is not Operator.NULL), None)
        if entry is None or not each.actions or each.actions[0].negated:
            continue
        needs = [
            f"`{name}`"
            for name, actions in (("dynamodb:Select", _SELECTING), ("dynamodb:ReturnValues", _RETURNING))
            if name.lower() not in each.keys and any(map(each.covers_action, actions))
        ]
        if needs:
            yield Fault(
                place=entry.place,
                message="whole items are returned to whoever asks for them",
                help=f"add a condition on {' and '.join(needs)}",
            )


RULE = Rule(
    code="WK543",
    name="dynamodb-attributes-alone",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", "DYNAMODB_ATTRIBUTES_WITHOUT_RETURN_VALUES"),
)
