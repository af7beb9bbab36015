"""An identity provider is allowed `sts:AssumeRole`, which its users cannot call.

Why:
    Users of OpenID Connect call AssumeRoleWithWebIdentity, those of SAML AssumeRoleWithSAML. The role can never be
    assumed.

Bad:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:saml-provider/Example
      action     sts:AssumeRole  # <-- here
    }

Good:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:saml-provider/Example
      action     sts:AssumeRoleWithSAML
      when       SAML:aud == "https://signin.aws.amazon.com/saml"
    }

Source:
    IAM User Guide, "Create a role for a third-party identity provider".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Part, Place, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        actions = {value.text.lower() for value in each.actions}
        is_federated = each.principals and all(value.kind is PrincipalKind.FEDERATED for value in each.principals)
        if (
            is_federated
            and "sts:assumerole" in actions
            and not any("with" in action or "*" in action for action in actions)
        ):
            yield Fault(
                place=Place(each.index, Part.ACTION),
                message=f"{each.title} allows `sts:AssumeRole`, which users of an identity provider cannot call",
                help="allow `sts:AssumeRoleWithWebIdentity` or `sts:AssumeRoleWithSAML`",
            )


RULE = Rule(
    code="WK312",
    name="federated-assume-role",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("MISMATCHED_ACTION_FOR_PRINCIPAL",),
)
