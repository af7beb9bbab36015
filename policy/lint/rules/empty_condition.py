"""A condition lists no value.

Why:
    No value equals one of none: a positive operator never holds, and a negated one always does.

Bad:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:ListKeys",
        "Resource": "*",
        "Condition": {
          "StringEquals": {"aws:PrincipalTag/team": []}  # <-- here
        }
      }
    }

Good:
    {
      "Version": "2012-10-17",
      "Statement": {
        "Effect": "Allow",
        "Action": "kms:ListKeys",
        "Resource": "*",
        "Condition": {
          "StringEquals": {"aws:PrincipalTag/team": ["a"]}
        }
      }
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Empty array condition.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if not entry.condition.values:
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.operator_name}` lists no value for `{clip(entry.condition.key)}`",
                help="remove the condition, or list what the key may hold",
            )


RULE = Rule(
    code="WK113",
    name="empty-condition",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=(
        "EMPTY_ARRAY_CONDITION",
        "EMPTY_ARRAY_CONDITION_FORALLVALUES",
        "EMPTY_ARRAY_CONDITION_FORANYVALUE",
        "EMPTY_ARRAY_CONDITION_IFEXISTS",
        "EMPTY_OBJECT_CONDITION",
    ),
)
