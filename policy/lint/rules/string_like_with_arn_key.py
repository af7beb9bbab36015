"""`StringLike` compares an ARN with a wildcard.

Why:
    The `*` of `StringLike` reaches across colons: it may take in another account or service. The Arn operators keep it
    inside of its part.

Bad:
    allow "Trail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn like "arn:aws:cloudtrail:*:111122223333:trail/*"  # <-- here
    }

Good:
    allow "Trail" {
      principal  service cloudtrail.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceArn like arn:aws:cloudtrail:*:111122223333:trail/*
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Security warning - String like operator with ARN condition
    keys.
"""

from collections.abc import Iterator

from policy.catalogue.keys import KeyType
from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_LIKES = {Operator.STRING_LIKE: Operator.ARN_LIKE, Operator.STRING_NOT_LIKE: Operator.ARN_NOT_LIKE}


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator not in _LIKES or entry.facts is None or entry.facts.type is not KeyType.ARN:
            continue
        for text, place in entry.values:
            if "*" in text and text.count(":") >= 5:
                yield Fault(
                    place=place,
                    message=f"the `*` of `{entry.operator}` reaches across the parts of the ARN",
                    help=f"use `{_LIKES[entry.operator]}`",
                )


RULE = Rule(
    code="WK518",
    name="string-like-with-arn-key",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",),
)
