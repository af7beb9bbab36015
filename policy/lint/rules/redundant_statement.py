"""A statement says nothing that another does not say already.

Why:
    Whoever takes one of them away believes to have changed something.

Bad:
    allow "Read" {
      action    kms:Describe*, kms:List*
      resource  *
    }
    allow "Describe" {  # <-- here
      action    kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Good:
    allow "Read" {
      action    kms:Describe*, kms:List*
      resource  *
    }
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Redundant statement.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.covering import covers
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

# Comparing each statement with each costs their square; nobody reads a policy with so many.
_MOST = 200


def _check(policy: Policy) -> Iterator[Fault]:
    if len(policy.statements) > _MOST:
        return
    for position, each in enumerate(policy.statements):
        for other_position, other in enumerate(policy.statements):
            if other is each or other.is_allow is not each.is_allow or not covers(other, each):
                continue
            # Of two that say the same, the later one is redundant.
            if other_position > position and covers(each, other):
                continue
            yield Fault(
                place=each.place,
                message=f"{each.title} says nothing that {other.title} does not say already",
                help="remove it",
            )
            break


RULE = Rule(
    code="WK702",
    name="redundant-statement",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("REDUNDANT_STATEMENT",),
)
