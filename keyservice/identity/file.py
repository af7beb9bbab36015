"""The identities file: what it may say of accounts, users, groups, roles, and what else an account holds.

Source: IAM API Reference, "CreateUser", "CreateRole", "CreateGroup", "CreateInstanceProfile", "CreatePolicy".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from dataclasses import fields as parts_of
from datetime import datetime
from itertools import chain
from typing import Any

from keyservice.identity.document import IdentitiesError
from keyservice.identity.organization_file import membership, oidc_provider, organization
from keyservice.identity.reading import Fields, PolicyReading, PolicyUse, Reader, shown
from keyservice.identity.service_file import linked_service
from keyservice.model.identity import (
    AWS_ACCOUNT,
    Account,
    Group,
    Instance,
    InstanceProfile,
    ManagedPolicy,
    OidcProvider,
    Role,
    User,
)
from keyservice.model.linked_service import LinkedService
from keyservice.model.organization import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAccessKey:
    """An access key that the file asks for: imported with id and secret, or made (both None).

    It is a user's, or the linked service's whose principal is `service`.
    """

    account: str
    user_name: str | None
    service: str | None = None
    access_key_id: str | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMfaDevice:
    """An MFA device that the file asks for, with its seed in base32."""

    account: str
    serial_number: str
    user_name: str
    seed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """What a file asks for. Unique ids are empty: the plan keeps or gives them."""

    organizations: tuple[Organization, ...] = ()
    services: tuple[LinkedService, ...] = ()
    accounts: tuple[Account, ...] = ()
    managed_policies: tuple[ManagedPolicy, ...] = ()
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    instance_profiles: tuple[InstanceProfile, ...] = ()
    instances: tuple[Instance, ...] = ()
    oidc_providers: tuple[OidcProvider, ...] = ()
    mfa_devices: tuple[WantedMfaDevice, ...] = ()
    access_keys: tuple[WantedAccessKey, ...] = ()


_PARTS = tuple(part.name for part in parts_of(Identities) if part.name not in {"organizations", "services"})
_SECTIONS = _PARTS[1:]  # what an account's entry may hold beside its id and its place
_PLACE = ("organization", "parent", "service_control_policies", "resource_control_policies", "full_aws_access")
_KEY = ("access_key_id", "secret")
_HOLDER = ("path", "policies", "attached_policies")
_BOUND = ("permissions_boundary", "tags", "sessions_valid_from")


def read_identities(document: object, reading: PolicyReading) -> Identities:
    """What the document of an identities file asks for.

    Raises:
        IdentitiesError: with every fault that was found, each behind its place: `accounts[0].roles[2].trust_policy: …`.
    """
    reader = _Reader(reading)
    identities = reader.identities(document)
    if reader.faults:
        raise IdentitiesError(reader.faults)
    return identities


class _Reader(Reader):
    """One reading of one identities file."""

    def identities(self, document: object) -> Identities:
        fields = self.members(document, "", ("accounts",), ("organizations", "services", "aws_managed_policies"))
        accounts = [
            self._account(self.members(entry, place, ("id",), (*_PLACE, *_SECTIONS)), place)
            for entry, place in self.entries(fields, "accounts", "")
        ]
        whole = Identities(
            organizations=tuple(organization(self, *entry) for entry in self.entries(fields, "organizations", "")),
            **{name: tuple(chain.from_iterable(getattr(part, name) for part in accounts)) for name in _PARTS},
        )
        whole = self._with_services(whole, fields)
        self.once("organizations", [organization.id for organization in whole.organizations])
        self.once("accounts", [account.id for account in whole.accounts])
        self.once("instances", [instance.id for instance in whole.instances])
        self.once("access_keys", [key.access_key_id for key in whole.access_keys if key.access_key_id])
        self.once("mfa_devices", [device.serial_number for device in whole.mfa_devices])
        of_aws = self._managed_policies(AWS_ACCOUNT, fields, "", "aws_managed_policies")
        return replace(whole, managed_policies=of_aws + whole.managed_policies)

    def _with_services(self, whole: Identities, fields: Fields) -> Identities:
        read = [(*linked_service(self, *entry), entry[1]) for entry in self.entries(fields, "services", "")]
        services = tuple(service for service, _, _ in read)
        for name in ("name", "endpoint", "account", "managed_key"):
            self.once("services", [getattr(service, name) for service in services])
        keys = [
            self._key_of(self.members(entry, at, (), _KEY), at, service.account, None, service.name)
            for service, members, place in read
            for entry, at in self.entries(members, "access_keys", place)
        ]
        return replace(whole, services=services, access_keys=(*whole.access_keys, *keys))

    def _account(self, fields: Fields, place: str) -> Identities:
        account = self.text(fields, "id", place, "account")

        def each(section: str, read: Callable[[str, object, str], Any]) -> tuple[Any, ...]:
            return tuple(read(account, *entry) for entry in self.entries(fields, section, place))

        whole = Identities(
            accounts=(Account(id=account, membership=membership(self, fields, place)),),
            managed_policies=self._managed_policies(account, fields, place),
            users=each("users", self._user),
            groups=each("groups", self._group),
            roles=each("roles", self._role),
            instance_profiles=each("instance_profiles", self._instance_profile),
            instances=each("instances", self._instance),
            oidc_providers=each("oidc_providers", lambda *entry: oidc_provider(self, *entry)),
            mfa_devices=each("mfa_devices", self._mfa_device),
            access_keys=each("access_keys", self._access_key),
        )
        # Names are unique in an account whatever their case (IAM API Reference, "CreateUser").
        self.once(f"{place}.users", [user.name.lower() for user in whole.users])
        self.once(f"{place}.groups", [group.name.lower() for group in whole.groups])
        self.once(f"{place}.roles", [role.name.lower() for role in whole.roles])
        self.once(f"{place}.instance_profiles", [profile.name.lower() for profile in whole.instance_profiles])
        self.once(f"{place}.oidc_providers", [provider.issuer for provider in whole.oidc_providers])
        return whole

    def _managed_policies(
        self, account: str, fields: Fields, place: str, section: str = "managed_policies"
    ) -> tuple[ManagedPolicy, ...]:
        found = []
        for entry, at in self.entries(fields, section, place):
            members = self.members(entry, at, ("name", "document"), ("path",))
            name = self.text(members, "name", at, "policy")
            document = self.policy(members["document"], f"{at}.document") if "document" in members else ""
            path = self.path(members, at)
            found.append(ManagedPolicy(account=account, name=name, path=path, policy_id="", document=document))
        self.once(f"{place}.{section}" if place else section, [policy.name.lower() for policy in found])
        return tuple(found)

    def _user(self, account: str, entry: object, place: str) -> User:
        fields = self.members(entry, place, ("name",), (*_HOLDER, "groups", *_BOUND))
        groups = self.entries(fields, "groups", place)
        return User(
            name=self.text(fields, "name", place, "user"),
            user_id="",
            groups=tuple(self.formed(group, at, "group") for group, at in groups),
            **self._held(account, fields, place),
            **self._bound(fields, place),
        )

    def _group(self, account: str, entry: object, place: str) -> Group:
        fields = self.members(entry, place, ("name",), _HOLDER)
        return Group(name=self.text(fields, "name", place, "group"), group_id="", **self._held(account, fields, place))

    def _role(self, account: str, entry: object, place: str) -> Role:
        optional = (*_HOLDER, *_BOUND, "max_session_duration")
        fields = self.members(entry, place, ("name", "trust_policy"), optional)
        trust = (
            self.policy(fields["trust_policy"], f"{place}.trust_policy", PolicyUse.TRUST)
            if "trust_policy" in fields
            else ""
        )
        return Role(
            name=self.text(fields, "name", place, "role"),
            role_id="",
            trust_policy=trust,
            max_session_duration=self._duration(fields, place),
            **self._held(account, fields, place),
            **self._bound(fields, place),
        )

    def _held(self, account: str, fields: Fields, place: str) -> dict[str, Any]:
        """What users, groups and roles have in common."""
        attached = tuple(
            self.formed(arn, at, "policy ARN") for arn, at in self.entries(fields, "attached_policies", place)
        )
        self.once(f"{place}.attached_policies", attached)
        return {
            "account": account,
            "path": self.path(fields, place),
            "policies": self.policies(fields, place),
            "attached": attached,
        }

    def _bound(self, fields: Fields, place: str) -> dict[str, Any]:
        """What users and roles have in common besides."""
        return {
            "permissions_boundary": self._boundary(fields, place),
            "tags": self.tags(fields, place),
            "sessions_valid_from": self._moment(fields, "sessions_valid_from", place),
        }

    def _instance_profile(self, account: str, entry: object, place: str) -> InstanceProfile:
        fields = self.members(entry, place, ("name", "role"))
        name = self.text(fields, "name", place, "instance profile")
        return InstanceProfile(account=account, name=name, role=self.text(fields, "role", place, "role"))

    def _instance(self, account: str, entry: object, place: str) -> Instance:
        fields = self.members(entry, place, ("id", "instance_profile"))
        profile = self.text(fields, "instance_profile", place, "instance profile")
        return Instance(account=account, id=self.text(fields, "id", place, "instance"), instance_profile=profile)

    def _mfa_device(self, account: str, entry: object, place: str) -> WantedMfaDevice:
        fields = self.members(entry, place, ("user", "seed"), ("serial_number",))
        user = self.text(fields, "user", place, "user")
        serial = fields.get("serial_number", f"arn:aws:iam::{account}:mfa/{user}")
        return WantedMfaDevice(
            account=account,
            serial_number=self.formed(serial, f"{place}.serial_number", "MFA device") if user else "",
            user_name=user,
            seed=self.text(fields, "seed", place, "seed"),
        )

    def _access_key(self, account: str, entry: object, place: str) -> WantedAccessKey:
        fields = self.members(entry, place, ("user",), _KEY)
        return self._key_of(fields, place, account, self.text(fields, "user", place, "user"), None)

    def _key_of(
        self, fields: Fields, place: str, account: str, user: str | None, service: str | None
    ) -> WantedAccessKey:
        """A user's or a linked service's access key: given, or to be made."""
        key = WantedAccessKey(account=account, user_name=user, service=service)
        if "access_key_id" not in fields and "secret" not in fields:
            return key
        if "access_key_id" not in fields or "secret" not in fields:
            self.fault(place, "`access_key_id` and `secret` come together, or neither to have them made")
            return key
        return replace(
            key,
            access_key_id=self.text(fields, "access_key_id", place, "access key id"),
            secret=self.text(fields, "secret", place, "secret"),
        )

    def _boundary(self, fields: Fields, place: str) -> str | None:
        boundary, at = fields.get("permissions_boundary"), f"{place}.permissions_boundary"
        if boundary is None:
            return None
        if isinstance(boundary, str) and boundary.startswith("arn:"):
            return self.formed(boundary, at, "policy ARN")
        return self.policy(boundary, at)

    def _moment(self, fields: Fields, name: str, place: str) -> float | None:
        text = fields.get(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(str(text))
            if moment.tzinfo is not None:
                return moment.timestamp()
        except (ValueError, OverflowError):
            pass
        self.fault(f"{place}.{name}", "expected a moment like 2026-11-24T12:00:00Z")
        return None

    def _duration(self, fields: Fields, place: str) -> int:
        text = str(fields.get("max_session_duration", 3600))
        if re.fullmatch(r"[0-9]{4,5}", text) and 3600 <= int(text) <= 43200:
            return int(text)
        self.fault(f"{place}.max_session_duration", f"`{shown(text)}`: expected 3600 to 43200 seconds")
        return 3600
