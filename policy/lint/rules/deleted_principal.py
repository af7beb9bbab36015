"""A principal is the unique id of a user or role that is gone.

Why:
    AWS shows an id in place of the ARN when the user or role has been deleted. A new one of the same name has another
    id, so the statement matches nobody.

Bad:
    allow "Somebody who left" {
      principal  AIDACKCEVSQ6C2EXAMPLE  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "Alice" {
      principal  arn:aws:iam::111122223333:user/Alice
      action     kms:Decrypt
      resource   *
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal" and "IAM identifiers", Unique identifiers.
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip

_UNIQUE_ID = re.compile(r"A(?:IDA|ROA|GPA)[A-Z0-9]{12,}")


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if value.kind is PrincipalKind.AWS and _UNIQUE_ID.fullmatch(value.text):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is the id of a user or role that no longer exists",
                help="remove it, or name the user or role that has its place",
            )


RULE = Rule(
    code="WK209",
    name="deleted-principal",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_USER_REFERENCE", "INVALID_ROLE_REFERENCE"),
)
