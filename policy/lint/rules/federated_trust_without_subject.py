"""Every user of an identity provider may assume the role.

Why:
    Providers such as GitHub or GitLab issue tokens to all of their customers. Only a condition on the subject (or, for
    others, the audience) says which of them are meant. With any other provider, too, a condition on one of its keys
    says which of its users are.

Bad:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com  # <-- here
      action     sts:AssumeRoleWithWebIdentity
      when       token.actions.githubusercontent.com:aud == "sts.amazonaws.com"
    }

Good:
    allow "Workflow" {
      principal  federated arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com
      action     sts:AssumeRoleWithWebIdentity
      when       token.actions.githubusercontent.com:aud == "sts.amazonaws.com"
      when       token.actions.githubusercontent.com:sub like "repo:octo-org/octo-repo:*"
    }

Source:
    IAM User Guide, "Create a role for OpenID Connect federation", and its notes on shared identity providers.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Rule
from policy.lint.subject import ConditionFacts, Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip

# Whose customers are everyone.
_SHARED = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "accounts.google.com")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if any(_narrows(entry) for entry in each.conditions) or each.is_partial:
            continue
        for value in each.principals:
            provider = value.text.rpartition("oidc-provider/")[2]
            if value.kind is not PrincipalKind.FEDERATED or ":saml-provider/" in value.text:
                continue
            if provider in _SHARED or not any(key.startswith(f"{provider.lower()}:") for key in each.keys):
                yield Fault(
                    place=value.place,
                    message=f"every user of `{clip(provider)}` may assume the role",
                    help="add a condition on the provider's `sub` key",
                )


def _narrows(entry: ConditionFacts) -> bool:
    """A subject that is not just anything; Google's subject or audience is one customer's own."""
    if not entry.restricts or any(text == "*" for text, _ in entry.values):
        return False
    return entry.key.endswith((":sub", ":job_workflow_ref", ":oaud")) or entry.key == "accounts.google.com:aud"


RULE = Rule(
    code="WK213",
    name="federated-trust-without-subject",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("MISSING_GITHUB_REPO_CONDITION_KEY", "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"),
)
