"""The partition of an ARN does not exist.

Why:
    The partitions are `aws`, `aws-cn`, `aws-us-gov` and a few more; an ARN of another names nothing.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws-us:kms:us-east-1:111122223333:key/*  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import PARTITIONS, is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip, did_you_mean


def _check(policy: Policy) -> Iterator[Fault]:
    for arn in policy.arns:
        partition = arn.parts[1]
        if partition not in PARTITIONS and not is_wild(partition) and not partition.startswith("aws-iso"):
            yield Fault(
                place=arn.place,
                message=f"`{clip(partition)}` is no partition of AWS",
                help=did_you_mean(partition, sorted(PARTITIONS)) or "write `aws`",
            )


RULE = Rule(
    code="WK402",
    name="invalid-partition",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_PARTITION",),
)
