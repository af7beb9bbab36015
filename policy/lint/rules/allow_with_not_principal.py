"""`NotPrincipal` stands in an Allow.

Why:
    It allows everyone in the world but those who are listed, anonymous callers included. AWS does not support it.

Bad:
    allow "All but one" {
      not principal  arn:aws:iam::111122223333:role/App  # <-- here
      action         kms:Decrypt
      resource       *
    }

Good:
    deny "Not this one" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }

Source:
    IAM User Guide, "AWS JSON policy elements: NotPrincipal".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.principals and each.principals[0].negated:
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} allows everyone but those listed, anonymous callers included",
                help="name those who may, and deny those who may not",
            )


RULE = Rule(
    code="WK206",
    name="allow-with-not-principal",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("ALLOW_WITH_NOT_PRINCIPAL",),
)
