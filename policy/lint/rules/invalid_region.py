"""The Region of an ARN has no form that a Region has.

Why:
    A Region is written like `us-east-1`, without the letter of an availability zone; an ARN with another names nothing.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1a:111122223333:key/*  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Invalid ARN region.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import REGION, is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for arn in policy.arns:
        region = arn.parts[3]
        if region and not is_wild(region) and not REGION.fullmatch(region) and region not in {"aws-global", "global"}:
            yield Fault(
                place=arn.place,
                message=f"`{clip(region)}` is no Region of AWS",
                help="write it like `us-east-1`, or `*` for all",
            )


RULE = Rule(
    code="WK403",
    name="invalid-region",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ARN_REGION", "INVALID_REGION"),
)
