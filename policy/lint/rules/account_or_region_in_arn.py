"""An ARN has an account or a Region in it, where those of its service have none.

Why:
    No resource has such an ARN, so the statement is about nothing.

Bad:
    allow "Read" {
      action    s3:GetObject
      resource  arn:aws:s3:us-east-1:111122223333:example-bucket/*  # <-- here
    }

Good:
    allow "Read" {
      action    s3:GetObject
      resource  arn:aws:s3:::example-bucket/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - ARN account not allowed, ARN Region not allowed;
    Service Authorization Reference, "Resource types defined by" each of the services below.
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

# Services whose resources are in no Region, and those that are in no account either.
_WITHOUT_REGION = frozenset({"iam", "organizations", "cloudfront", "route53", "s3"})
_WITHOUT_ACCOUNT = frozenset({"route53", "s3"})

# What S3 has beside buckets and objects, whose names have no slash in front: `accesspoint/NAME`, `job/ID` and more.
_BUCKET = re.compile(r"[a-z0-9.*?${}-]+(?:/.*)?")
_NO_BUCKET = ("accesspoint/", "accesspoint:", "job/", "storage-lens", "async-request/", "access-grants/")


def _check(policy: Policy) -> Iterator[Fault]:
    for arn in policy.arns:
        _, _, service, region, account, resource = arn.parts
        if service not in _WITHOUT_REGION or (service == "s3" and not _is_bucket(resource)):
            continue
        if region and not is_wild(region):
            yield Fault(
                place=arn.place,
                message=f"an ARN of `{service}` has no Region, and this has `{clip(region)}`",
                help="leave it empty",
            )
        elif account and service in _WITHOUT_ACCOUNT and not is_wild(account):
            yield Fault(
                place=arn.place,
                message=f"an ARN of `{service}` has no account, and this has `{clip(account)}`",
                help="leave it empty",
            )


def _is_bucket(resource: str) -> bool:
    return _BUCKET.fullmatch(resource) is not None and not resource.startswith(_NO_BUCKET)


RULE = Rule(
    code="WK410",
    name="account-or-region-in-arn",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("ARN_ACCOUNT_NOT_ALLOWED", "ARN_REGION_NOT_ALLOWED"),
)
