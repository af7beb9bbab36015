"""A key that needs a name of one's own behind it has none.

Why:
    `aws:ResourceTag/team` asks for the tag `team`; without a tag, or a key of the encryption context, nothing is asked.

Bad:
    allow "TeamKeys" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:ResourceTag == "web"  # <-- here
    }

Good:
    allow "TeamKeys" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:ResourceTag/app == "web"
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Missing tag key in condition; KMS Developer Guide,
    "AWS KMS condition keys", kms:EncryptionContext.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

_KEYS = {"aws:resourcetag": "/", "aws:requesttag": "/", "aws:principaltag": "/", "kms:encryptioncontext": ":"}


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        stem = entry.key.rstrip("/:")
        if stem in _KEYS:
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` says no name",
                help=f"write `{entry.condition.key.rstrip('/:')}{_KEYS[stem]}NAME`",
            )


RULE = Rule(
    code="WK503",
    name="missing-tag-key",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("MISSING_TAG_KEY_IN_CONDITION",),
)
