"""Grants as the engine sees them: an allow with constraints. The shape is that of a ListGrants entry.

Source: KMS Developer Guide, "Grants in AWS KMS"; KMS API Reference, "GrantListEntry", "GrantConstraints".
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One grant on one key. Constraints of None do not constrain."""

    grant_id: str
    key_id: str
    grantee_principal: str | None = None
    retiring_principal: str | None = None
    grantee_service_principal: str | None = None
    retiring_service_principal: str | None = None
    issuing_account: str | None = None
    name: str | None = None
    operations: frozenset[str]
    encryption_context_equals: Mapping[str, str] | None = None
    encryption_context_subset: Mapping[str, str] | None = None
    source_arn: str | None = None
