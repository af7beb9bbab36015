"""Everybody in the world may use or administer the key.

Why:
    `*` is every principal of every account. Only conditions that say who calls, or through what, narrow it.

Bad:
    allow "Use" {
      principal  *  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "Use" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:PrincipalOrgID == "o-exampleorgid"
    }

Source:
    KMS Developer Guide, "Best practices for key policies"; IAM User Guide, "AWS JSON policy elements: Principal".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Part, Place, Rule
from policy.lint.subject import Policy

_NARROWING = (
    "kms:calleraccount",
    "kms:viaservice",
    "kms:recipientattestation",
    "aws:principal",
    "aws:source",
    "aws:vpc",
    "aws:userid",
    "aws:username",
)


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.is_open and not each.is_partial and not any(each.restricting(*_NARROWING)):
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} is for everybody in the world",
                help="name principals, or ask for `kms:CallerAccount` or `aws:PrincipalOrgID`",
            )


RULE = Rule(
    code="WK606", name="use-open-to-world", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check, kinds=KEY
)
