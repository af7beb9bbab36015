"""A condition key of DynamoDB stands over an action that it does not limit.

Why:
    A scan reads the whole table whatever its leading keys, a put replaces the whole item whatever its attributes, and
    `dynamodb:Select` is of reads as `dynamodb:ReturnValues` is of writes. The limit is not there.

Bad:
    allow "OwnItems" {
      action    dynamodb:Query, dynamodb:Scan  # <-- here
      resource  arn:aws:dynamodb:us-east-1:111122223333:table/people
      when      all dynamodb:LeadingKeys == "${aws:userid}"
      when      dynamodb:LeadingKeys exists
    }

Good:
    allow "OwnItems" {
      action    dynamodb:Query
      resource  arn:aws:dynamodb:us-east-1:111122223333:table/people
      when      all dynamodb:LeadingKeys == "${aws:userid}"
      when      dynamodb:LeadingKeys exists
    }

Source:
    DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_READS = ("dynamodb:getitem", "dynamodb:batchgetitem", "dynamodb:query", "dynamodb:scan")
_WRITES = ("dynamodb:putitem", "dynamodb:updateitem", "dynamodb:deleteitem", "dynamodb:batchwriteitem")

# Key -> the actions that it does not limit.
_IDLE = {
    "dynamodb:leadingkeys": ("dynamodb:scan",),
    "dynamodb:attributes": ("dynamodb:putitem", "dynamodb:batchwriteitem"),
    "dynamodb:select": _WRITES,
    "dynamodb:returnvalues": _READS,
}


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        for key in sorted(each.keys & _IDLE.keys()):
            for value in each.actions:
                # A Deny with the key of a whole class of actions is not about those it does not limit.
                is_named = not value.negated and value.text.lower() in _IDLE[key]
                if is_named and (each.is_allow or key in {"dynamodb:select", "dynamodb:returnvalues"}):
                    name = next(entry.condition.key for entry in each.conditions if entry.key == key)
                    yield Fault(
                        place=value.place,
                        message=f"`{name}` does not limit `{clip(value.text)}`",
                        help="take the action out, or say in another statement where it is meant",
                    )


RULE = Rule(
    code="WK542",
    name="dynamodb-key-without-effect",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=(
        "DYNAMODB_SCAN_BYPASSES_LEADING_KEYS",
        "DYNAMODB_REPLACE_OPERATION_WITH_ATTRIBUTES",
        "DYNAMODB_WRONG_CONDITION_FOR_ACTION",
    ),
)
