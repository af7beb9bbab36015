"""A listing of a bucket is kept from a prefix by naming the prefix.

Why:
    A caller that asks for a shorter prefix, or for none, is not asking for the one named, and is shown what lies below
    it.

Bad:
    deny "NotThePrivatePart" {
      action    s3:ListBucket
      resource  arn:aws:s3:::example-bucket
      when      s3:prefix like "private/*"  # <-- here
    }

Good:
    deny "OnlyThePublicPart" {
      action    s3:ListBucket
      resource  arn:aws:s3:::example-bucket
      when      s3:prefix not like "public/*"
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Security Warning - S3 prefix in negative context.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key != "s3:prefix" or entry.operator is Operator.NULL:
            continue
        # To deny the listing without a prefix is a rule about the whole bucket.
        if entry.is_negated is entry.statement.is_allow and any(text for text, _ in entry.values):
            yield Fault(
                place=entry.place,
                message="whoever asks for a shorter prefix is not held by this",
                help="allow the prefixes that may be listed, or deny all but those",
            )


RULE = Rule(
    code="WK544",
    name="prefix-in-negative-context",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("S3_PREFIX_IN_NEGATIVE_CONTEXT",),
)
