"""Identities as a document again, every policy in its place: what a command hands to the running service, and exports.

Secrets are in it only where the file had them: what is taken from the store has none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from keyservice.identity.file import Identities
from keyservice.model.identity import (
    AWS_ACCOUNT,
    Account,
    ControlPolicies,
    Group,
    Instance,
    InstanceProfile,
    ManagedPolicy,
    NamedPolicy,
    OidcProvider,
    Role,
    User,
)
from keyservice.model.linked_service import LinkedService
from keyservice.model.organization import Organization, OrganizationalUnit
from keyservice.store.port import Store


def kept(store: Store) -> Identities:
    """What the store has, but for access keys and MFA devices, whose secrets are not shown again."""
    return Identities(
        organizations=tuple(store.identities(Organization)),
        services=tuple(store.identities(LinkedService)),
        accounts=tuple(store.identities(Account)),
        managed_policies=tuple(store.identities(ManagedPolicy)),
        users=tuple(store.identities(User)),
        groups=tuple(store.identities(Group)),
        roles=tuple(store.identities(Role)),
        instance_profiles=tuple(store.identities(InstanceProfile)),
        instances=tuple(store.identities(Instance)),
        oidc_providers=tuple(store.identities(OidcProvider)),
    )


def document_of(identities: Identities) -> dict[str, object]:
    """The document that reads as these identities, of values that JSON has."""
    of_aws = [policy for policy in identities.managed_policies if policy.account == AWS_ACCOUNT]
    return _given(
        {
            "organizations": [_organization(organization) for organization in identities.organizations],
            "services": [_service(identities, service) for service in identities.services],
            "aws_managed_policies": [_managed_policy(policy) for policy in of_aws],
        }
    ) | {"accounts": [_account(identities, account) for account in identities.accounts]}


def _account(identities: Identities, account: Account) -> dict[str, object]:
    def mine(records: Iterable[Any]) -> list[Any]:
        return [record for record in records if record.account == account.id]

    sections: dict[str, object] = {
        "managed_policies": [_managed_policy(policy) for policy in mine(identities.managed_policies)],
        "users": [_user(user) for user in mine(identities.users)],
        "groups": [_shared(group) for group in mine(identities.groups)],
        "roles": [_role(role) for role in mine(identities.roles)],
        "instance_profiles": [
            {"name": profile.name, "role": profile.role} for profile in mine(identities.instance_profiles)
        ],
        "instances": [
            {"id": instance.id, "instance_profile": instance.instance_profile}
            for instance in mine(identities.instances)
        ],
        "oidc_providers": [_oidc_provider(provider) for provider in mine(identities.oidc_providers)],
        "mfa_devices": [
            {"user": device.user_name, "serial_number": device.serial_number, "seed": device.seed}
            for device in mine(identities.mfa_devices)
        ],
        "access_keys": [
            _given({"user": key.user_name, "access_key_id": key.access_key_id, "secret": key.secret})
            for key in mine(identities.access_keys)
            if key.service is None
        ],
    }
    return {"id": account.id} | _place(account) | _given(sections)


def _place(account: Account) -> dict[str, object]:
    membership = account.membership
    if membership is None:
        return {}
    where = {"organization": membership.organization, "parent": membership.parent}
    return where | _attached(membership.attached)


def _organization(organization: Organization) -> dict[str, object]:
    return {
        "id": organization.id,
        "management_account": organization.management_account,
        "root": _unit(organization.units, organization.units[0]),
    }


def _service(identities: Identities, service: LinkedService) -> dict[str, object]:
    keys = [key for key in identities.access_keys if key.service == service.name]
    own = {"name": service.name, "account": service.account, "endpoint": service.endpoint}
    texts = {name: text for name in ("title", "protects") if (text := getattr(service, name))}
    made = [_given({"access_key_id": key.access_key_id, "secret": key.secret}) for key in keys]
    return own | {"managed_key": service.managed_key} | texts | ({"access_keys": made} if made else {})


def _unit(units: Sequence[OrganizationalUnit], unit: OrganizationalUnit) -> dict[str, object]:
    below = [_unit(units, other) for other in units if other.parent == unit.id]
    return {"id": unit.id} | _attached(unit.attached) | _given({"units": below})


def _attached(attached: ControlPolicies) -> dict[str, object]:
    policies = {
        "service_control_policies": _policies(attached.service_control),
        "resource_control_policies": _policies(attached.resource_control),
    }
    return _given(policies) | ({} if attached.full_aws_access else {"full_aws_access": False})


def _managed_policy(policy: ManagedPolicy) -> dict[str, object]:
    return {"name": policy.name} | _path(policy.path) | {"document": json.loads(policy.document)}


def _oidc_provider(provider: OidcProvider) -> dict[str, object]:
    jwks = json.loads(provider.jwks) if provider.jwks else None
    own = {"url": provider.url, "client_ids": list(provider.client_ids)}
    return own | _given({"jwks": jwks, "jwks_url": provider.jwks_url})


def _user(user: User) -> dict[str, object]:
    return _shared(user) | _bounded(user) | _given({"groups": list(user.groups)})


def _role(role: Role) -> dict[str, object]:
    own = {"trust_policy": json.loads(role.trust_policy), "max_session_duration": str(role.max_session_duration)}
    return _shared(role) | _bounded(role) | own


def _shared(identity: User | Group | Role) -> dict[str, object]:
    policies = {"policies": _policies(identity.policies), "attached_policies": list(identity.attached)}
    return {"name": identity.name} | _path(identity.path) | _given(policies)


def _path(path: str) -> dict[str, object]:
    return {} if path == "/" else {"path": path}


def _bounded(identity: User | Role) -> dict[str, object]:
    boundary = identity.permissions_boundary
    document = boundary if boundary is None or boundary.startswith("arn:") else json.loads(boundary)
    since = identity.sessions_valid_from
    moment = None if since is None else datetime.fromtimestamp(since, UTC).isoformat()
    return _given({"permissions_boundary": document, "tags": dict(identity.tags), "sessions_valid_from": moment})


def _policies(policies: Sequence[NamedPolicy]) -> list[object]:
    return [{"name": policy.name, "document": json.loads(policy.document)} for policy in policies]


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    """The members that say anything."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {})}
