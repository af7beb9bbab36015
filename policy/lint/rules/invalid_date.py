"""A date operator compares with something that is no date.

Why:
    The comparison never holds, negated or not.

Bad:
    deny "AfterTheProject" {
      action    kms:*
      resource  *
      when      aws:CurrentTime DateGreaterThan "31.12.2026"  # <-- here
    }

Good:
    deny "AfterTheProject" {
      action    kms:*
      resource  *
      when      aws:CurrentTime > 2026-12-31T00:00:00Z
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators", Date condition operators.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.operators.date import parse_date
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator.startswith("Date"):
            for text, place in entry.values:
                if parse_date(text) is None and "${" not in text:
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is no date",
                        help="write it as `2026-12-31T00:00:00Z`, or as seconds since 1970",
                    )


RULE = Rule(
    code="WK512",
    name="invalid-date",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_DATE_VALUE", "TYPE_MISMATCH_DATE"),
)
