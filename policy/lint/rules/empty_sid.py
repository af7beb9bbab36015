"""A Sid is empty.

Why:
    It says nothing; leave it away or let it say what the statement is for.

Bad:
    allow "" {  # <-- here
      action    kms:ListKeys
      resource  *
    }

Good:
    allow "ListAllKeys" {
      action    kms:ListKeys
      resource  *
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Empty SID value.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.statement.sid == "":
            yield Fault(place=Place(each.index, Part.SID), message="the Sid is empty", help="name it, or leave it away")


RULE = Rule(
    code="WK110",
    name="empty-sid",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("EMPTY_SID_VALUE",),
)
