"""`NotResource` stands in an Allow.

Why:
    It allows the actions on every resource but those listed, those of other accounts and of tomorrow among them.

Bad:
    allow "OtherKeys" {
      action        kms:Decrypt
      not resource  arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab  # <-- here
    }

Good:
    allow "ThisKey" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321
    }

Source:
    IAM User Guide, "IAM JSON policy elements: NotResource".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.resources and each.resources[0].negated:
            yield Fault(
                place=Place(each.index, Part.RESOURCE),
                message=f"{each.title} allows its actions on every resource but those listed",
                help="list what is allowed, and deny what is not",
            )


RULE = Rule(
    code="WK309",
    name="allow-with-not-resource",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
)
