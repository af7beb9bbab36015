"""An ARN of AWS KMS names neither a key nor an alias.

Why:
    It has a Region, an account, and `key/` or `alias/`; without one of them it names nothing.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:1234abcd-12ab-34cd-56ef-1234567890ab  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

# A wildcard may stand for the beginning too.
_RESOURCE = re.compile(r"(?:key|alias)/.+|(?:key|alias|k|a)?\*.*|\?.*|\$\{.*|(?:key|alias)\?.*")


def _check(policy: Policy) -> Iterator[Fault]:
    for arn in policy.arns:
        _, _, service, region, account, resource = arn.parts
        if service != "kms":
            continue
        missing = [name for name, part in (("Region", region), ("account", account)) if not part]
        if missing:
            yield Fault(
                place=arn.place,
                message=f"`{clip(arn.text)}` has no {missing[0]}, so it names no key",
                help="write `arn:aws:kms:REGION:ACCOUNT:key/KEY-ID`, with `*` for any",
                # AWS's own managed policies have `arn:aws:kms:*::*`, which is at least not about one key.
                severity=Severity.WARNING if resource.endswith("*") else None,
            )
        elif not _RESOURCE.fullmatch(resource):
            yield Fault(
                place=arn.place,
                message=f"`{clip(resource)}` is neither a key nor an alias",
                help=f"write `key/{clip(resource)}`",
            )


RULE = Rule(
    code="WK405",
    name="malformed-kms-arn",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_KMS_KEY_VALUE", "MISSING_ARN_ACCOUNT", "MISSING_ARN_REGION"),
)
