"""A key policy allows RetireGrant.

Why:
    Who may retire a grant follows from the grant itself; an Allow in the key policy has no effect.

Bad:
    allow "Grants" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:RetireGrant  # <-- here
      resource   *
    }

Good:
    allow "Grants" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:RevokeGrant
      resource   *
      when       kms:GrantIsForAWSResource == true
    }

Source:
    KMS Developer Guide, "Retiring and revoking grants".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        if value.text.lower() == "kms:retiregrant" and value.statement.is_allow and not value.negated:
            yield Fault(
                place=value.place,
                message="an Allow of `kms:RetireGrant` has no effect in a key policy",
                help="name a retiring principal when the grant is made, or allow RevokeGrant",
            )


RULE = Rule(
    code="WK307", name="retire-grant-in-key-policy", severity=Severity.SUGGESTION, text=__doc__, check=_check, kinds=KEY
)
