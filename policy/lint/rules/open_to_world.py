"""Everybody in the world is allowed.

Why:
    `*` is every principal of every account, and of none: the resource is public. Only conditions that say who calls, or
    through what, narrow it.

Bad:
    allow "Read" {
      principal  *  # <-- here
      action     s3:GetObject
      resource   arn:aws:s3:::example-bucket/*
    }

Good:
    allow "Read" {
      principal  *
      action     s3:GetObject
      resource   arn:aws:s3:::example-bucket/*
      when       aws:PrincipalOrgID == "o-exampleorgid"
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal", All principals.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import RESOURCE, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        # What the keys of other services narrow is not known here.
        if each.is_open and not each.is_partial and not each.conditions:
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} is for everybody in the world",
                help="name principals, or ask for `aws:PrincipalOrgID`, `aws:SourceAccount` or the like",
            )


RULE = Rule(
    code="WK607", name="open-to-world", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check, kinds=RESOURCE
)
