"""A service is allowed every action on the key.

Why:
    Services use keys; they do not administer them. `kms:*` is both, and whatever AWS KMS will add.

Bad:
    allow "Service" {
      principal  service example.amazonaws.com
      action     kms:*  # <-- here
      resource   *
      when       aws:SourceAccount == "111122223333"
    }

Good:
    allow "Service" {
      principal  service example.amazonaws.com
      action     kms:Decrypt, kms:GenerateDataKey*
      resource   *
      when       aws:SourceAccount == "111122223333"
    }

Source:
    KMS Developer Guide, "Best practices for key policies" ("Provide minimum permissions").
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        # Users and roles with everything are `administers-and-uses`'s matter.
        if not any(value.kind is PrincipalKind.SERVICE for value in each.principals):
            continue
        for value in each.actions:
            if value.text.lower() in {"*", "kms:*"} and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"{each.title} allows a service every action on the key",
                    help="list the actions that the service needs",
                )


RULE = Rule(
    code="WK316",
    name="wildcard-action-in-key-policy",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    kinds=KEY,
)
