"""`kms:ViaService` is compared with something that is no service's name in a Region.

Why:
    It holds `service.region.amazonaws.com`; a service principal or a bare name never matches.

Bad:
    allow "ThroughS3" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:ViaService == "s3.amazonaws.com"  # <-- here
    }

Good:
    allow "ThroughS3" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:ViaService == "s3.us-east-1.amazonaws.com"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:ViaService.
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_VALUE = re.compile(r"[a-z0-9-]+\.[a-z]{2,4}(?:-[a-z]+)+-[0-9]+\.amazonaws\.com(?:\.cn)?")


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key == "kms:viaservice" and entry.operator.startswith("String"):
            for text, place in entry.values:
                if not _VALUE.fullmatch(text) and not is_wild(text):
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is never the value of `kms:ViaService`",
                        help="write `service.region.amazonaws.com`, such as `s3.us-east-1.amazonaws.com`",
                    )


RULE = Rule(code="WK534", name="invalid-via-service", severity=Severity.ERROR, text=__doc__, check=_check)
