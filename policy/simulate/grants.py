"""Grants read from the shape of a ListGrants answer.

Source: KMS API Reference, "GrantListEntry", "GrantConstraints".
"""

from collections.abc import Mapping
from typing import Any

from policy.model.grant import Grant
from policy.simulate.members import InputError, listed, members, required, text, text_map

_ENTRY = (
    "KeyId",
    "GrantId",
    "Name",
    "CreationDate",
    "GranteePrincipal",
    "RetiringPrincipal",
    "IssuingAccount",
    "Operations",
    "Constraints",
    "GranteeServicePrincipal",
    "RetiringServicePrincipal",
)
_CONSTRAINTS = ("EncryptionContextSubset", "EncryptionContextEquals", "SourceArn")


def read_grants(value: object) -> tuple[Grant, ...]:
    """Grants from a list of entries, or from a whole ListGrants answer.

    Raises:
        InputError: an entry is not of the shape.
    """
    if isinstance(value, dict) and "Grants" in value:
        answer = members(value, ("Grants", "NextMarker", "Truncated"), "the ListGrants answer")
        value = required(answer, "Grants", "the ListGrants answer")
    return tuple(read_grant(entry, number) for number, entry in enumerate(listed(value, "`grants`"), start=1))


def read_grant(value: object, number: int) -> Grant:
    """One grant from a ListGrants entry; without a GrantId it goes by its number.

    Raises:
        InputError: it is not of the shape.
    """
    what = f"grant {number}"
    found = members(value, _ENTRY, what)
    constraints = members(found.get("Constraints", {}), _CONSTRAINTS, f"`Constraints` of {what}")
    if not {"GranteePrincipal", "GranteeServicePrincipal"} & found.keys():
        raise InputError(f"{what} has neither `GranteePrincipal` nor `GranteeServicePrincipal`")
    operations = listed(required(found, "Operations", what), f"`Operations` of {what}")
    return Grant(
        grant_id=_optional(found, "GrantId", what) or str(number),
        key_id=text(required(found, "KeyId", what), f"`KeyId` of {what}"),
        grantee_principal=_optional(found, "GranteePrincipal", what),
        retiring_principal=_optional(found, "RetiringPrincipal", what),
        grantee_service_principal=_optional(found, "GranteeServicePrincipal", what),
        retiring_service_principal=_optional(found, "RetiringServicePrincipal", what),
        issuing_account=_optional(found, "IssuingAccount", what),
        name=_optional(found, "Name", what),
        operations=frozenset(text(operation, f"an operation of {what}") for operation in operations),
        encryption_context_equals=_pairs(constraints, "EncryptionContextEquals"),
        encryption_context_subset=_pairs(constraints, "EncryptionContextSubset"),
        source_arn=_optional(constraints, "SourceArn", what),
    )


def _optional(found: Mapping[str, Any], name: str, what: str) -> str | None:
    return text(found[name], f"`{name}` of {what}") if name in found else None


def _pairs(constraints: Mapping[str, Any], name: str) -> dict[str, str] | None:
    return text_map(constraints[name], f"`{name}`") if name in constraints else None
