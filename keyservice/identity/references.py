"""What an identities file may name: faults where a name stands for nothing, or for what is somebody else's."""

from collections.abc import Iterator

from keyservice.identity.file import Identities
from keyservice.model.identity import Group, ManagedPolicy, MfaDevice, Role, User
from keyservice.model.linked_service import LinkedService
from keyservice.model.organization import Organization
from keyservice.store.port import Store


def faults_of(store: Store, wanted: Identities) -> Iterator[str]:
    """Everything that is wrong with what the file names."""
    yield from _organizations(store, wanted)
    yield from _services(store, wanted)
    yield from _groups(store, wanted)
    yield from _policies(store, wanted)
    yield from _profiles(store, wanted)
    yield from _owners(store, wanted)
    yield from _taken(store, wanted)


def _organizations(store: Store, wanted: Identities) -> Iterator[str]:
    given = {organization.id: organization for organization in wanted.organizations}
    for account in wanted.accounts:
        membership = account.membership
        if membership is None:
            continue
        organization = given.get(membership.organization) or store.identity(Organization, membership.organization)
        if organization is None:
            yield f"account {account.id}: there is no organization `{membership.organization}`"
        elif membership.parent not in {unit.id for unit in organization.units}:
            yield f"account {account.id}: organization {organization.id} has no unit `{membership.parent}`"


def _services(store: Store, wanted: Identities) -> Iterator[str]:
    """What is a linked service's own is nobody else's: its account, what its callers sign for, and its alias."""
    given = {service.name: service for service in wanted.services}
    services = ({service.name: service for service in store.identities(LinkedService)} | given).values()
    accounts = {account.id for account in (*wanted.accounts, *store.accounts())}
    for service in wanted.services:
        if service.account in accounts:
            yield f"linked service {service.name}: account {service.account} is a customer's"
        for other in services:
            for what in ("account", "endpoint", "managed_key"):
                value = getattr(service, what)
                if other.name != service.name and value is not None and getattr(other, what) == value:
                    yield f"linked service {service.name}: {what} `{value}` is {other.name}'s"


def _groups(store: Store, wanted: Identities) -> Iterator[str]:
    groups = {(group.account, group.name) for group in wanted.groups}
    for user in wanted.users:
        for name in user.groups:
            if (user.account, name) not in groups and store.group(user.account, name) is None:
                yield f"user {user.account}/{user.name}: there is no group `{name}`"


def _policies(store: Store, wanted: Identities) -> Iterator[str]:
    policies = {policy.arn for policy in wanted.managed_policies}
    holders: tuple[tuple[str, User | Group | Role], ...] = (
        *(("group", group) for group in wanted.groups),
        *(("user", user) for user in wanted.users),
        *(("role", role) for role in wanted.roles),
    )
    for label, holder in holders:
        for arn in managed_policies_of(holder):
            if arn not in policies and store.identity(ManagedPolicy, arn) is None:
                yield f"{label} {holder.account}/{holder.name}: there is no managed policy `{arn}`"


def managed_policies_of(holder: User | Group | Role) -> tuple[str, ...]:
    """The ARNs of the managed policies that an identity has, its permissions boundary among them."""
    boundary = None if isinstance(holder, Group) else holder.permissions_boundary
    is_managed = boundary is not None and boundary.startswith("arn:")
    return (*holder.attached, boundary) if boundary is not None and is_managed else holder.attached


def _profiles(store: Store, wanted: Identities) -> Iterator[str]:
    roles = {(role.account, role.name) for role in wanted.roles}
    profiles = {(profile.account, profile.name) for profile in wanted.instance_profiles}
    for profile in wanted.instance_profiles:
        if (profile.account, profile.role) not in roles and store.role(profile.account, profile.role) is None:
            yield f"instance profile {profile.account}/{profile.name}: there is no role `{profile.role}`"
    for instance in wanted.instances:
        at = (instance.account, instance.instance_profile)
        if at not in profiles and store.instance_profile(*at) is None:
            yield f"instance {instance.account}/{instance.id}: there is no instance profile `{at[1]}`"


def _owners(store: Store, wanted: Identities) -> Iterator[str]:
    users: set[tuple[str, str | None]] = {(user.account, user.name) for user in wanted.users}
    keys = [key for key in wanted.access_keys if key.service is None]  # a service's stand in the service's own entry
    for label, things in (("access key", keys), ("MFA device", wanted.mfa_devices)):
        for thing in things:
            owner = (thing.account, thing.user_name)
            if owner not in users and store.user(thing.account, thing.user_name or "") is None:
                yield f"{label} of {thing.account}/{thing.user_name}: there is no user `{thing.user_name}`"


def _taken(store: Store, wanted: Identities) -> Iterator[str]:
    """Ids that are unique over all accounts and belong to somebody else."""
    for instance in wanted.instances:
        kept = store.instance(instance.id)
        if kept is not None and kept.account != instance.account:
            yield f"instance {instance.account}/{instance.id}: the instance is account {kept.account}'s"
    for key in wanted.access_keys:
        owner = store.access_key(key.access_key_id) if key.access_key_id else None
        named = (key.account, key.user_name, key.service)
        if owner is not None and (owner.account, owner.user_name, owner.service) != named:
            yield f"access key of {key.account}/{key.service or key.user_name}: `{key.access_key_id}` is another's"
    for device in wanted.mfa_devices:
        other = store.identity(MfaDevice, device.serial_number)
        if other is not None and (other.account, other.user_name) != (device.account, device.user_name):
            yield f"MFA device of {device.account}/{device.user_name}: `{device.serial_number}` is another user's"
