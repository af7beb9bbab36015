"""The text form of the policy has a fault of form.

Why:
    A line that cannot be read says nothing: neither an allow nor a deny.

Bad:
    allow "Read" {
      action    kms:ListKeys
      resource  *
      condition aws:PrincipalTag/team == "a"  # <-- here
    }

Good:
    allow "Read" {
      action    kms:ListKeys
      resource  *
      when      aws:PrincipalTag/team == "a"
    }

Source:
    The language reference, `tests/spec`.
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK002",
    name="text-syntax",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=(
        "syntax",
        "string",
        "unknown-name",
        "unknown-principal",
        "wrong-literal",
        "wrong-list",
        "duplicate-line",
        "duplicate-name",
        "too-many-values",
        "too-many-faults",
    ),
)
