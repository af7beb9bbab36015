"""A federated principal is neither a provider's domain nor the ARN of a provider in IAM.

Why:
    IAM refuses the trust policy, or nobody's token ever comes from such a provider.

Bad:
    allow "SingleSign-on" {
      principal  federated arn:aws:iam::111122223333:saml/Corporate  # <-- here
      action     sts:AssumeRoleWithSAML
      when       SAML:aud == "https://signin.aws.amazon.com/saml"
    }

Good:
    allow "SingleSign-on" {
      principal  federated arn:aws:iam::111122223333:saml-provider/Corporate
      action     sts:AssumeRoleWithSAML
      when       SAML:aud == "https://signin.aws.amazon.com/saml"
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal" (OIDC and SAML federated principals).
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PROVIDER = re.compile(r"arn:[^:]+:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/.+")


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        is_federated = value.kind is PrincipalKind.FEDERATED and "*" not in value.text
        if is_federated and not _DOMAIN.fullmatch(value.text) and not _PROVIDER.fullmatch(value.text):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is no identity provider",
                help="write a domain such as `cognito-identity.amazonaws.com`, or the ARN of a provider in IAM",
            )


RULE = Rule(
    code="WK216",
    name="invalid-federated-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",),
)
