"""A service may act for the resources of any account: `aws:SourceArn` leaves the account open.

Why:
    An ARN with `*` for the account, or one that has none, such as a bucket's, matches other customers' resources too.
    `aws:SourceAccount` beside it says whose are meant.

Bad:
    allow "CloudTrail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn like arn:aws:cloudtrail:*:*:trail/*  # <-- here
    }

Good:
    allow "CloudTrail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn like arn:aws:cloudtrail:*:*:trail/*
      when       aws:SourceAccount == "111122223333"
    }

Source:
    IAM User Guide, "The confused deputy problem" ("If the aws:SourceArn value does not contain the account ID").
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import RESOURCE_BASED, Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip

_WHOSE = ("aws:sourceaccount", "aws:sourceorg", "kms:calleraccount", "kms:encryptioncontext:")


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        statement = entry.statement
        if entry.key != "aws:sourcearn" or not (statement.is_allow and entry.restricts):
            continue
        is_for_service = any(
            value.kind is PrincipalKind.SERVICE and not value.negated for value in statement.principals
        )
        if not is_for_service or any(statement.restricting(*_WHOSE)):
            continue
        for text, place in entry.values:
            parts = text.split(":", 5)
            # A bucket named in full is one customer's: names of buckets are unique.
            is_one = len(parts) == 6 and (parts[4].isdecimal() or not (parts[4] or is_wild(parts[5])) or "${" in text)
            if not is_one:
                yield Fault(
                    place=place,
                    message=f"`{clip(text)}` matches resources of any account",
                    help="name the account, or add a condition on `aws:SourceAccount`",
                )


RULE = Rule(
    code="WK215",
    name="source-of-any-account",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=RESOURCE_BASED,
    analyzer=("WILDCARD_USAGE_TOO_PERMISSIVE", "MISSING_PAIRED_CONDITION_KEYS"),
)
