"""A condition key of AWS KMS, or a global one, does not exist.

Why:
    A key that no request has makes an Allow that never applies, and a Deny that never applies or always.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContex:app == "web"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"
    }

Source:
    Service Authorization Reference, "… condition keys for AWS Key Management Service"; IAM User Guide, "AWS global
    condition context keys".
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from policy.catalogue.keys import condition_keys
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip, did_you_mean


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.facts is not None or not entry.key.startswith(("kms:", "aws:")) or entry.key in _WITHOUT_NAME:
            continue
        stem = re.split(r"[/*#]", entry.condition.key)[0]
        names = [facts.name.rstrip("*#/:") for facts in condition_keys()]
        is_near = bool(get_close_matches(stem.lower(), map(str.lower, names), cutoff=0.85))
        is_global = entry.key.startswith("aws:")
        what = "global condition key" if is_global else "condition key of AWS KMS"
        yield Fault(
            place=entry.place,
            message=f"`{clip(entry.condition.key)}` is no {what}",
            help=did_you_mean(stem, names),
            # Global keys are added now and then; one that is no slip for another may be newer than this catalogue.
            severity=Severity.WARNING if is_global and not is_near else None,
        )


# What lacks only the name of a tag is `missing-tag-key`'s matter.
_WITHOUT_NAME = frozenset(
    {"aws:resourcetag", "aws:requesttag", "aws:principaltag", "kms:encryptioncontext"}
    | {"aws:resourcetag/", "aws:requesttag/", "aws:principaltag/", "kms:encryptioncontext:"}
)


RULE = Rule(
    code="WK501",
    name="unknown-condition-key",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_GLOBAL_CONDITION_KEY", "INVALID_SERVICE_CONDITION_KEY"),
)
