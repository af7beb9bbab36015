"""What a change of the directory is called on the trail: the operation that would have made it, and its parameters.

No secret is among them. Source: IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"; IAM API
Reference, EC2 API Reference and AWS Organizations API Reference, the operations named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from keyservice.identity.file import WantedAccessKey, WantedMfaDevice
from keyservice.model.identity import (
    AccessKey,
    Account,
    ControlPolicies,
    Group,
    Instance,
    InstanceProfile,
    ManagedPolicy,
    MfaDevice,
    NamedPolicy,
    OidcProvider,
    Role,
    User,
)
from keyservice.model.linked_service import LinkedService
from keyservice.model.organization import Organization

Pairs = Iterator[tuple[str, Mapping[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IamEvent:
    """One event: the service and operation, the account it is of, and what the operation would have been given."""

    name: str
    account: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    service: str = "iam"


def events_of(record: Any, kept: Any, *, is_deletion: bool) -> Iterator[IamEvent]:
    """The events of one record's creation, of its change from what is `kept`, or of its deletion."""
    match record:
        case User() | Group() | Role():
            return _of_holder(record, kept, is_deletion=is_deletion)
        case Account():
            return _of_account(record, kept)
        case Organization():
            return _of_organization(record, kept)
        case _:
            return iter([_of_other(record, kept, is_deletion=is_deletion)])


def _of_holder(record: User | Group | Role, kept: Any, *, is_deletion: bool) -> Iterator[IamEvent]:
    kind = type(record).__name__
    own = {f"{kind[0].lower()}{kind[1:]}Name": record.name}
    if is_deletion:
        pairs = _ending(kind, record)
    elif kept is None:
        pairs = _beginning(kind, record)
    else:
        pairs = _changing(kind, record, kept)
    for name, parameters in pairs:
        yield IamEvent(name=name, account=record.account, parameters={**own, **parameters})


def _beginning(kind: str, record: User | Group | Role) -> Pairs:
    made: dict[str, object] = {"path": record.path}
    if isinstance(record, Role):
        made |= {"assumeRolePolicyDocument": record.trust_policy, "maxSessionDuration": record.max_session_duration}
    yield f"Create{kind}", made
    yield from _policies(kind, record.policies, (), record.attached, ())
    if isinstance(record, User | Role):
        yield from _bound(kind, record, None)
    if isinstance(record, User):
        yield from _groups(record.groups, ())


def _ending(kind: str, record: User | Group | Role) -> Pairs:
    yield from _policies(kind, (), record.policies, (), record.attached)
    if isinstance(record, User):
        yield from _groups((), record.groups)
    yield f"Delete{kind}", {}


def _changing(kind: str, record: Any, kept: Any) -> Pairs:
    if record.path != kept.path:
        yield f"Update{kind}", {"newPath": record.path}
    if isinstance(record, Role):
        if (record.trust_policy, record.trusted) != (kept.trust_policy, kept.trusted):
            yield "UpdateAssumeRolePolicy", {"policyDocument": record.trust_policy}
        if record.max_session_duration != kept.max_session_duration:
            yield "UpdateRole", {"maxSessionDuration": record.max_session_duration}
    yield from _policies(kind, record.policies, kept.policies, record.attached, kept.attached)
    if isinstance(record, User | Role):
        yield from _bound(kind, record, kept)
    if isinstance(record, User):
        yield from _groups(record.groups, kept.groups)


def _policies(
    kind: str,
    now: Sequence[NamedPolicy],
    before: Sequence[NamedPolicy],
    attached: Sequence[str],
    attached_before: Sequence[str],
) -> Pairs:
    for policy in now:
        if policy not in before:
            yield f"Put{kind}Policy", {"policyName": policy.name, "policyDocument": policy.document}
    names = {policy.name for policy in now}
    for policy in before:
        if policy.name not in names:
            yield f"Delete{kind}Policy", {"policyName": policy.name}
    for arn in attached:
        if arn not in attached_before:
            yield f"Attach{kind}Policy", {"policyArn": arn}
    for arn in attached_before:
        if arn not in attached:
            yield f"Detach{kind}Policy", {"policyArn": arn}


def _bound(kind: str, record: User | Role, kept: Any) -> Pairs:
    """Boundary, tags, and the end of sessions, which in AWS is a policy of a reserved name."""
    before = kept.permissions_boundary if kept else None
    if record.permissions_boundary != before:
        if record.permissions_boundary is None:
            yield f"Delete{kind}PermissionsBoundary", {}
        else:
            yield f"Put{kind}PermissionsBoundary", {"permissionsBoundary": record.permissions_boundary}
    tags = kept.tags if kept else {}
    put = [{"key": key, "value": value} for key, value in record.tags.items() if tags.get(key) != value]
    gone = [key for key in tags if key not in record.tags]
    if put:
        yield f"Tag{kind}", {"tags": put}
    if gone:
        yield f"Untag{kind}", {"tagKeys": gone}
    if record.sessions_valid_from != (kept.sessions_valid_from if kept else None):
        yield f"Put{kind}Policy", {"policyName": "AWSRevokeOlderSessions", "tokenIssueTime": record.sessions_valid_from}


def _groups(now: Sequence[str], before: Sequence[str]) -> Pairs:
    yield from (("AddUserToGroup", {"groupName": name}) for name in now if name not in before)
    yield from (("RemoveUserFromGroup", {"groupName": name}) for name in before if name not in now)


def _of_account(record: Account, kept: Account | None) -> Iterator[IamEvent]:
    def event(name: str, **parameters: object) -> IamEvent:
        return IamEvent(name=name, account=record.id, parameters=parameters, service="organizations")

    if kept is None:
        yield event("CreateAccount", accountId=record.id)
    if record.membership is None:
        if kept is not None and kept.membership is not None:
            yield event("RemoveAccountFromOrganization", accountId=record.id)
        return
    before = kept.membership if kept else None
    if before is None or (before.organization, before.parent) != (
        record.membership.organization,
        record.membership.parent,
    ):
        yield event("MoveAccount", accountId=record.id, destinationParentId=record.membership.parent)
    for name, parameters in _attached(record.id, record.membership.attached, before.attached if before else None):
        yield event(name, **parameters)


def _of_organization(record: Organization, kept: Organization | None) -> Iterator[IamEvent]:
    def event(name: str, parameters: Mapping[str, object]) -> IamEvent:
        return IamEvent(name=name, account=record.management_account, parameters=parameters, service="organizations")

    before = {unit.id: unit for unit in kept.units} if kept else {}
    if kept is None or kept.management_account != record.management_account:
        yield event("CreateOrganization", {"organizationId": record.id})
    for unit in record.units:
        if unit.id not in before and unit.parent is not None:
            yield event("CreateOrganizationalUnit", {"organizationalUnitId": unit.id, "parentId": unit.parent})
        for name, parameters in _attached(
            unit.id, unit.attached, before[unit.id].attached if unit.id in before else None
        ):
            yield event(name, parameters)
    for unit_id in before.keys() - {unit.id for unit in record.units}:
        yield event("DeleteOrganizationalUnit", {"organizationalUnitId": unit_id})


def _attached(target: str, now: ControlPolicies, before: ControlPolicies | None) -> Pairs:
    kept = before or ControlPolicies()
    for names, was in ((now.service_control, kept.service_control), (now.resource_control, kept.resource_control)):
        for policy in names:
            if policy not in was:
                yield "AttachPolicy", {"targetId": target, "policyName": policy.name, "content": policy.document}
        for policy in was:
            if policy.name not in {other.name for other in names}:
                yield "DetachPolicy", {"targetId": target, "policyName": policy.name}
    if now.full_aws_access != kept.full_aws_access:
        yield (
            ("AttachPolicy" if now.full_aws_access else "DetachPolicy"),
            {
                "targetId": target,
                "policyId": "p-FullAWSAccess",
            },
        )


def _of_other(record: Any, kept: Any, *, is_deletion: bool) -> IamEvent:
    what, service, parameters = _described(record)
    verb = "Delete" if is_deletion else "Create" if kept is None else "Update"
    name = _NAMES.get((verb, what), f"{verb}{what}")
    return IamEvent(name=name, account=record.account, parameters=parameters, service=service)


_NAMES = {
    ("Update", "Policy"): "CreatePolicyVersion",
    ("Create", "Instance"): "RunInstances",
    ("Update", "Instance"): "ReplaceIamInstanceProfileAssociation",
    ("Delete", "Instance"): "TerminateInstances",
    ("Create", "VirtualMFADevice"): "EnableMFADevice",
    ("Update", "VirtualMFADevice"): "ResyncMFADevice",
    ("Delete", "VirtualMFADevice"): "DeactivateMFADevice",
    ("Update", "InstanceProfile"): "AddRoleToInstanceProfile",
}


def _described(record: Any) -> tuple[str, str, Mapping[str, object]]:
    match record:
        case ManagedPolicy():
            return "Policy", "iam", {"policyArn": record.arn, "policyDocument": record.document}
        case InstanceProfile():
            return "InstanceProfile", "iam", {"instanceProfileName": record.name, "roleName": record.role}
        case Instance():
            return "Instance", "ec2", {"instanceId": record.id, "iamInstanceProfile": {"name": record.instance_profile}}
        case OidcProvider():
            given = {"openIDConnectProviderArn": record.arn, "clientIDList": list(record.client_ids)}
            return "OpenIDConnectProvider", "iam", given
        case WantedMfaDevice() | MfaDevice():
            return "VirtualMFADevice", "iam", {"userName": record.user_name, "serialNumber": record.serial_number}
        case WantedAccessKey() | AccessKey():
            owner = record.service or record.user_name
            return "AccessKey", "iam", {"userName": owner, "accessKeyId": record.access_key_id}
        case LinkedService():
            of_service = {"name": record.name, "endpoint": record.endpoint, "managedKey": record.managed_key}
            return "LinkedService", "wardkey", of_service
        case _:
            raise TypeError(type(record).__name__)
