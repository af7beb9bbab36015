"""A user of the key may make grants for anybody.

Why:
    A grant lets others use the key, and survives the end of its maker's own access. AWS's own key policies let users
    make grants only for AWS services: kms:GrantIsForAWSResource.

Bad:
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt, kms:CreateGrant  # <-- here
      resource   *
    }

Good:
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }
    allow "Grants for services" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:CreateGrant
      resource   *
      when       kms:GrantIsForAWSResource == true
    }

Source:
    KMS Developer Guide, "Default key policy", Allows key users to use the KMS key with grants; "Grants in AWS KMS".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CREATE_GRANT, USE, holdings
from policy.lint.rule import KEY, Fault, Part, Place, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind

# Conditions that keep grants to services, to operations, or to grantees that the policy's author chose.
_NARROWING = ("kms:grant", "kms:viaservice", "kms:retiring")


def _check(policy: Policy) -> Iterator[Fault]:
    users: set[str] | None = None
    for each in policy.allows:
        if CREATE_GRANT not in each.kms_actions or each.is_partial:
            continue
        if any(entry.key.startswith(_NARROWING) for entry in each.conditions):
            continue
        if users is None:
            users = {holding.principal.text for holding in holdings(policy) if holding.actions & USE}
        named = [value for value in each.actions if value.text.lower() == CREATE_GRANT.lower() and not value.negated]
        # An administrator's `kms:Create*` takes it in; a user has no business with it.
        is_for_one = any(value.kind is PrincipalKind.AWS and not value.account for value in each.principals)
        if any(value.text in users for value in each.principals) or (named and is_for_one):
            yield Fault(
                place=named[0].place if named else Place(each.index, Part.ACTION),
                message=f"{each.title} lets its principals make grants for anybody, themselves among them",
                help="ask for `kms:GrantIsForAWSResource` `true`",
            )


RULE = Rule(
    code="WK605",
    name="user-can-create-grants",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
)
