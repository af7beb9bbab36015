"""A VPC or a VPC endpoint is named by something that is not its id.

Why:
    `aws:SourceVpc` holds `vpc-…` and `aws:SourceVpce` holds `vpce-…`; nothing else ever matches.

Bad:
    deny "OnlyThroughTheEndpoint" {
      action    kms:*
      resource  *
      when      aws:SourceVpce != "vpc-0123456789abcdef0"  # <-- here
    }

Good:
    deny "OnlyThroughTheEndpoint" {
      action    kms:*
      resource  *
      when      aws:SourceVpce != "vpce-0123456789abcdef0"
    }

Source:
    IAM User Guide, "AWS global condition context keys", aws:SourceVpc and aws:SourceVpce.
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_FORMS = {"aws:sourcevpc": "vpc", "aws:sourcevpce": "vpce"}


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        prefix = _FORMS.get(entry.key)
        if prefix is None or not entry.operator.startswith("String"):
            continue
        for text, place in entry.values:
            if not re.match(rf"{prefix}-[A-Za-z0-9]|.*[*?]|.*\$\{{", text):
                yield Fault(
                    place=place,
                    message=f"`{clip(text)}` is never the value of `{entry.condition.key}`",
                    help=f"write an id that begins with `{prefix}-`",
                )


RULE = Rule(
    code="WK531",
    name="invalid-vpc-id",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_VPC_FORMAT", "INVALID_VPCE_FORMAT"),
)
