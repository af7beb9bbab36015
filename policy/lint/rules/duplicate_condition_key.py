"""A condition key stands twice under one operator, in whatever case.

Why:
    Key names are not sensitive to case, so the two are one key, and AWS does not say which of the values would count.

Bad:
    deny "Only for the team" {
      action    kms:ScheduleKeyDeletion
      resource  *
      when      aws:PrincipalTag/team != "a"
      when      aws:principaltag/Team != "b"  # <-- here
    }

Good:
    deny "Only for the teams" {
      action    kms:ScheduleKeyDeletion
      resource  *
      when      aws:PrincipalTag/team != "a", "b"
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Duplicate keys with different case.
"""

from policy.diagnostics import Severity
from policy.lint.rule import Rule

RULE = Rule(
    code="WK004",
    name="duplicate-condition-key",
    severity=Severity.ERROR,
    text=__doc__,
    reader_codes=("duplicate-condition",),
    analyzer=("DUPLICATE_KEYS_WITH_DIFFERENT_CASE",),
)
