"""An AWS principal has no form that a principal can have.

Why:
    An `AWS` principal is an ARN, the 12 digits of an account, or `*`. AWS refuses any other text.

Bad:
    allow "Alice" {
      principal  "Alice"  # <-- here
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
    IAM User Guide, "AWS JSON policy elements: Principal".
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip

_FORM = re.compile(r"\*|[0-9]{12}|arn:[^:]+:(?:iam|sts)::[^:]*:[^:].*|A[A-Z0-9]{15,}")
_KINDS_OF_ARN = re.compile(r"root|(?:user|role|group|assumed-role|federated-user|saml-provider|oidc-provider)/.+")


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if value.kind is not PrincipalKind.AWS or ".amazonaws.com" in value.text:
            continue
        is_arn = value.text.startswith("arn:")
        if not _FORM.fullmatch(value.text) or (is_arn and not _is_principal(value.text)):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is no AWS principal",
                help="write an ARN of a user, role or session, an account's 12 digits or root ARN, or `*`",
            )


def _is_principal(text: str) -> bool:
    resource = text.split(":", 5)[-1]
    return "*" in resource or _KINDS_OF_ARN.fullmatch(resource) is not None


RULE = Rule(
    code="WK201",
    name="invalid-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_PRINCIPAL_FORMAT",),
)
