"""A policy variable stands behind an operator that knows none.

Why:
    Only String and Arn operators fill variables in; to the others the text is no number, date, address or Boolean.

Bad:
    deny "Later" {
      action    kms:*
      resource  *
      when      aws:CurrentTime DateGreaterThan "${aws:TokenIssueTime}"  # <-- here
    }

Good:
    deny "Later" {
      action    kms:*
      resource  *
      when      aws:CurrentTime > 2026-12-31T00:00:00Z
    }

Source:
    IAM User Guide, "IAM policy elements: Variables and tags", Condition element.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if not entry.operator.startswith(("String", "Arn")):
            for text, place in entry.values:
                if "${" in text:
                    yield Fault(
                        place=place,
                        message=f"`{entry.operator}` knows no policy variables",
                        help="write the value, or use a String operator",
                    )


RULE = Rule(
    code="WK530",
    name="variable-with-typed-operator",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_VARIABLE_FOR_OPERATOR",),
)
