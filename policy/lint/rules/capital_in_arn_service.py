"""The service of an ARN has capital letters.

Why:
    ARNs are sensitive to case, and the names of services are in lower case: the ARN names nothing.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:KMS:us-east-1:111122223333:key/*  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Invalid ARN service case.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for arn in policy.arns:
        service = arn.parts[2]
        if service != service.lower() and not is_wild(service):
            yield Fault(
                place=arn.place,
                message=f"`{clip(service)}` has capital letters, so the ARN names nothing",
                help=f"write `{service.lower()}`",
            )


RULE = Rule(
    code="WK404",
    name="capital-in-arn-service",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ARN_SERVICE_CASE",),
)
