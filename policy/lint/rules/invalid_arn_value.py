"""An ARN operator compares with something that is no ARN.

Why:
    An ARN has six parts, and they are compared one by one: a text with fewer, `*` too, never matches.

Bad:
    allow "Trail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn ArnLike "trail/example"  # <-- here
    }

Good:
    allow "Trail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn like arn:aws:cloudtrail:*:111122223333:trail/example
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators", ARN condition operators.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator.startswith("Arn"):
            for text, place in entry.values:
                # Whether a lone `*` is any ARN AWS does not say; a variable may hold a whole one.
                if text.count(":") < 5 and "${" not in text and "*" not in text:
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is no ARN",
                        help="write all six parts, with `*` for any, or use a String operator",
                    )


RULE = Rule(
    code="WK515",
    name="invalid-arn-value",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_CONDITION_DATA_TYPE",),
)
