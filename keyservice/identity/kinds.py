"""The kinds of record that a plan is made of: a table of how each is called, found and named in the trail's events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keyservice.identity.file import WantedAccessKey, WantedMfaDevice
from keyservice.ids import GROUP_PREFIX, MANAGED_POLICY_PREFIX, ROLE_PREFIX, USER_PREFIX
from keyservice.model.identity import (
    AccessKey,
    Account,
    Group,
    Instance,
    InstanceProfile,
    ManagedPolicy,
    MfaDevice,
    OidcProvider,
    Role,
    User,
)
from keyservice.model.linked_service import LinkedService
from keyservice.model.organization import Organization

Stored = (
    Organization
    | LinkedService
    | Account
    | ManagedPolicy
    | User
    | Group
    | Role
    | InstanceProfile
    | Instance
    | OidcProvider
)
Record = Stored | MfaDevice | AccessKey | WantedMfaDevice | WantedAccessKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A row of the table: what records of a kind are called, what identifies one, and where its unique id stands."""

    label: str
    cls: type[Any]
    identity: tuple[str, ...]
    unique_id: tuple[str, str] | None = None  # the field, and the prefix of its values


# In this order, so that whatever is named by another record is listed before it.
KINDS: Mapping[str, Kind] = {
    "organizations": Kind(label="organization", cls=Organization, identity=("id",)),
    "services": Kind(label="linked service", cls=LinkedService, identity=("name",)),
    "accounts": Kind(label="account", cls=Account, identity=("id",)),
    "managed_policies": Kind(
        label="managed policy", cls=ManagedPolicy, identity=("arn",), unique_id=("policy_id", MANAGED_POLICY_PREFIX)
    ),
    "groups": Kind(label="group", cls=Group, identity=("account", "name"), unique_id=("group_id", GROUP_PREFIX)),
    "users": Kind(label="user", cls=User, identity=("account", "name"), unique_id=("user_id", USER_PREFIX)),
    "roles": Kind(label="role", cls=Role, identity=("account", "name"), unique_id=("role_id", ROLE_PREFIX)),
    "instance_profiles": Kind(label="instance profile", cls=InstanceProfile, identity=("account", "name")),
    "instances": Kind(label="instance", cls=Instance, identity=("id",)),
    "oidc_providers": Kind(label="OIDC provider", cls=OidcProvider, identity=("arn",)),
}


def name_of(record: Record) -> str:
    """How a plan names a record."""
    match record:
        case Account() | Organization():
            return record.id
        case LinkedService():
            return record.name
        case Instance():
            return f"{record.account}/{record.id}"
        case OidcProvider():
            return f"{record.account}/{record.issuer}"
        case WantedMfaDevice() | MfaDevice():
            return record.serial_number
        case AccessKey():
            return f"{record.account}/{record.service or record.user_name} {record.access_key_id}"
        case WantedAccessKey():
            # The id of one to be made depends on the user's, which a plan for a new user only guesses.
            imported = f" {record.access_key_id}" if record.secret else ""
            return f"{record.account}/{record.service or record.user_name}{imported}"
        case _:
            return f"{record.account}/{record.name}"


def account_of(record: Stored) -> str | None:
    """The account that a record belongs to; None of an organization."""
    if isinstance(record, Organization):
        return None
    return record.id if isinstance(record, Account) else record.account
