"""An element lists nothing.

Why:
    A statement about no action, no resource or no principal applies to no request.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": [],  # <-- here
        "Resource": "*"
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": ["kms:ListKeys"],
        "Resource": "*"
      }
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Empty array action, resource, principal.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        statement = each.statement
        elements = (
            (Part.PRINCIPAL, statement.principals, each.principals),
            (Part.ACTION, statement.actions, each.actions),
            (Part.RESOURCE, statement.resources, each.resources),
        )
        for part, element, values in elements:
            if element is not None and not values:
                yield Fault(
                    place=Place(each.index, part),
                    message=f"`{'Not' if element.negated else ''}{part}` of {each.title} lists nothing",
                    help="remove the statement, or list what it is for",
                )


RULE = Rule(
    code="WK112",
    name="empty-element",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("EMPTY_ARRAY_ACTION", "EMPTY_ARRAY_RESOURCE", "EMPTY_ARRAY_PRINCIPAL", "EMPTY_OBJECT_PRINCIPAL"),
)
