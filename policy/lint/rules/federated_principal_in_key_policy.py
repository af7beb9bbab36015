"""A key policy names an identity provider.

Why:
    A provider's users call AWS KMS as sessions of a role, never as the provider: the statement matches nobody.

Bad:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "Workflow" {
      principal  arn:aws:iam::111122223333:role/Workflow
      action     kms:Decrypt
      resource   *
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Federated principal not supported.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if value.kind is PrincipalKind.FEDERATED:
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is an identity provider, which never calls AWS KMS",
                help="name the role that its users assume",
            )


RULE = Rule(
    code="WK208",
    name="federated-principal-in-key-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=KEY,
    analyzer=("FEDERATED_PRINCIPAL_NOT_SUPPORTED",),
)
