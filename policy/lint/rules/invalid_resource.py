"""A resource is neither `*` nor an ARN.

Why:
    A resource has the six parts of an ARN, divided by colons. AWS refuses any other, or it matches nothing.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  1234abcd-12ab-34cd-56ef-1234567890ab  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Resource" and "Identify AWS resources with ARNs".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.resources:
        text = value.text
        # `arn:aws:kms:*` stands for all that begins so.
        is_arn = text.startswith("arn:") and (text.count(":") >= 5 or text.endswith("*"))
        if not is_arn and text.strip("*") and not text.startswith(("*", "${")):
            yield Fault(
                place=value.place,
                message=f"`{clip(text)}` is neither `*` nor an ARN",
                help="write `arn:partition:service:region:account:resource`",
            )


RULE = Rule(
    code="WK401",
    name="invalid-resource",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ARN_PREFIX", "MISSING_ARN_FIELD", "INVALID_ARN_RESOURCE"),
)
