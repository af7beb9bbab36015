"""Grants on KMS keys, as values.

Source: KMS API Reference, "GrantListEntry", "GrantConstraints"; KMS Developer Guide, "Grants in AWS KMS".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A grant on one key: an allow with constraints; constraints of None do not constrain. It never changes.

    There is a grantee principal or a grantee service principal, and at most one retiring principal of either kind.
    `bound` holds the unique ids that they had, if they are users or roles kept here.
    `account` and `partition` are the key's; `issuing_account` is the root ARN of the account that created the grant.
    """

    account: str
    partition: str = "aws"
    region: str
    key_id: str
    grant_id: str
    created: float
    issuing_account: str
    name: str | None = None
    grantee_principal: str | None = None
    retiring_principal: str | None = None
    grantee_service_principal: str | None = None
    retiring_service_principal: str | None = None
    operations: tuple[str, ...]
    encryption_context_equals: Mapping[str, str] | None = None
    encryption_context_subset: Mapping[str, str] | None = None
    source_arn: str | None = None
    bound: Mapping[str, str] = field(default_factory=dict)

    @property
    def key_arn(self) -> str:
        """`arn:aws:kms:us-east-1:111122223333:key/KEY-ID`."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"

    @property
    def grantee(self) -> str:
        """Whom the grant allows its operations: a principal's ARN or a service's name."""
        return self.grantee_principal or self.grantee_service_principal or ""

    @property
    def retiree(self) -> str | None:
        """Who may retire the grant without any other permission; None if it names nobody."""
        return self.retiring_principal or self.retiring_service_principal
