"""Identities as a document again, every policy in its place: what a command hands to the running service."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from keyservice.identity.file import Identities
from keyservice.model.identity import Group, NamedPolicy, Role, User


def document_of(identities: Identities) -> dict[str, object]:
    """The document that reads as these identities, of values that JSON has."""
    return {"accounts": [_account(identities, account.id) for account in identities.accounts]}


def _account(identities: Identities, account: str) -> dict[str, object]:
    def mine(records: Iterable[Any]) -> list[Any]:
        return [record for record in records if record.account == account]

    return {
        "id": account,
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
        "access_keys": [
            _given({"user": key.user_name, "access_key_id": key.access_key_id, "secret": key.secret})
            for key in mine(identities.access_keys)
        ],
    }


def _user(user: User) -> dict[str, object]:
    return _shared(user) | _bounded(user) | {"groups": list(user.groups)}


def _role(role: Role) -> dict[str, object]:
    own = {"trust_policy": json.loads(role.trust_policy), "max_session_duration": str(role.max_session_duration)}
    return _shared(role) | _bounded(role) | own


def _shared(identity: User | Group | Role) -> dict[str, object]:
    return {"name": identity.name, "path": identity.path, "policies": _policies(identity.policies)}


def _bounded(identity: User | Role) -> dict[str, object]:
    boundary = identity.permissions_boundary
    return _given({"permissions_boundary": json.loads(boundary) if boundary else None}) | {"tags": dict(identity.tags)}


def _policies(policies: Sequence[NamedPolicy]) -> list[object]:
    return [{"name": policy.name, "document": json.loads(policy.document)} for policy in policies]


def _given(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
