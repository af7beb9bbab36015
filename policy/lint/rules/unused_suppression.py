"""A comment or setting ignores a rule that finds nothing there.

Why:
    It outlived its reason, and will one day hide a new fault.

Bad:
    allow "ListAllKeys" {
      action    kms:ListKeys  # wardkey: ignore WK301  # <-- here
      resource  *
    }

Good:
    allow "ListAllKeys" {
      action    kms:ListKeys
      resource  *
    }

Source:
    `policy lint --help`.
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK901",
    name="unused-suppression",
    severity=Severity.WARNING,
    text=__doc__,
    reader_codes=("unused-suppression",),
)
