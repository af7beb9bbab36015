"""Who a key policy allows what: the principals it names, each with the actions they hold and where.

Source: KMS Developer Guide, "Default key policy" (who administers, who uses).
"""

from dataclasses import dataclass
from functools import lru_cache

from policy.catalogue.actions import cryptographic_actions
from policy.lint.subject import Policy, PrincipalValue, StatementFacts

CHANGE_POLICY = "kms:PutKeyPolicy"
CREATE_GRANT = "kms:CreateGrant"

# What nobody but an administrator needs, and what can take a key from its users.
ADMINISTRATION = frozenset({"kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial"})

# What touches data: Verify and VerifyMac tell nothing that is secret.
USE = cryptographic_actions() - {"kms:Verify", "kms:VerifyMac"}


@dataclass(frozen=True, slots=True, eq=False)
class Holding:
    """What one principal is allowed by the policy: the statements that name it, with their actions."""

    principal: PrincipalValue
    statements: tuple[tuple[StatementFacts, PrincipalValue], ...]
    actions: frozenset[str]

    def last_with(self, actions: frozenset[str]) -> PrincipalValue:
        """The principal as the last statement names it that allows one of the actions."""
        values = [value for statement, value in self.statements if statement.kms_actions & actions]
        return values[-1] if values else self.principal


# The rules ask it of one policy after another.
@lru_cache(maxsize=1)
def holdings(policy: Policy) -> tuple[Holding, ...]:
    """Every single principal that Allow statements name: not everyone, and not accounts, which delegate."""
    found: dict[str, list[tuple[StatementFacts, PrincipalValue]]] = {}
    for statement in policy.allows:
        for value in statement.principals:
            if not (value.negated or value.is_everyone or value.account or value.kind != "AWS"):
                found.setdefault(value.text, []).append((statement, value))
    return tuple(
        Holding(pairs[0][1], tuple(pairs), frozenset[str]().union(*[statement.kms_actions for statement, _ in pairs]))
        for pairs in found.values()
    )


def delegates(policy: Policy) -> bool:
    """Whether the policy lets an account's IAM policies decide over the key, PutKeyPolicy included."""
    return any(
        value.account and not value.negated and CHANGE_POLICY in statement.kms_actions
        for statement in policy.allows
        for value in statement.principals
    )
