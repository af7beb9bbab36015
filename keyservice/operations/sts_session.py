"""What the operations that give out temporary credentials have in common: members, session policies, tags, lifetimes.

Source: STS API Reference, "AssumeRole", "AssumeRoleWithWebIdentity", "Credentials", "PolicyDescriptorType"; IAM User
Guide, "Pass session tags in AWS STS", "Session policies".
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from keyservice.auth.session_token import Credentials
from keyservice.authorize.documents import check_policy
from keyservice.errors import STS_MALFORMED_POLICY, STS_PACKED_POLICY_TOO_LARGE, VALIDATION
from keyservice.model.identity import AWS_ACCOUNT, ManagedPolicy, Role
from keyservice.operations.operation import Run
from keyservice.operations.shapes import Faults, ListOf, Number, Record, Text, Wire
from policy.model.reading import PolicyKind

HOUR = 3600  # seconds: the default duration, and the most for a session that assumes another role
MOST_POLICY = 2048  # characters of a session policy and policy ARNs ("AssumeRole", Policy)
# AWS packs in a way of its own, with a limit that no page gives ("AssumeRole", PackedPolicySize): here it is zlib.
MOST_PACKED = 2048  # bytes


@dataclass(frozen=True, slots=True)
class NumberAsText:
    """A number as the Query protocol sends it: digits."""

    number: Number

    def read(self, value: object, where: str, faults: Faults) -> int:
        """The integer."""
        digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
        return self.number.read(int(str(value)) if digits else value, where, faults)


@dataclass(frozen=True, slots=True)
class ListInForm:
    """A list as the Query protocol sends it: an empty one is an empty text."""

    items: ListOf

    def read(self, value: object, where: str, faults: Faults) -> tuple[object, ...]:
        """The members."""
        return () if value == "" else self.items.read(value, where, faults)


TAG = r"(?u:[\w\s.:/=+@-])"  # letters and digits of any script, spaces, and these
SESSION_NAME = r"[\w+=,.@-]*"
ANY_TEXT = r"[\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTag:
    """A session tag."""

    key: Annotated[str, Text(1, 128, f"{TAG}+")]
    value: Annotated[str, Text(0, 256, f"{TAG}*")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDescriptor:
    """A managed policy that is passed as a session policy."""

    arn: Annotated[str, Text(20, 2048, ANY_TEXT), Wire("arn")]


RoleArn = Annotated[str, Text(20, 2048, ANY_TEXT)]
RoleSessionName = Annotated[str, Text(2, 64, SESSION_NAME)]
SessionPolicy = Annotated[str | None, Text(1, None, r"[\t\n\r -ÿ]+")]
PolicyArns = Annotated[tuple[PolicyDescriptor, ...], ListInForm(ListOf(Record(PolicyDescriptor), 10))]
SerialNumber = Annotated[str | None, Text(9, 256, r"[\w+=/:,.@-]*")]
TokenCode = Annotated[str | None, Text(6, 6, r"[\d]*", secret=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsRecord:
    """Temporary credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedRoleUser:
    """The session, as policies name it."""

    assumed_role_id: str
    arn: str


def credentials_record(made: Credentials) -> CredentialsRecord:
    """Temporary credentials as they are answered."""
    return CredentialsRecord(
        access_key_id=made.access_key_id,
        secret_access_key=made.secret_access_key,
        session_token=made.session_token,
        expiration=datetime.fromtimestamp(made.expiration, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def recorded_credentials(credentials: CredentialsRecord) -> dict[str, object]:
    """Temporary credentials as the trail shows them: without what is secret."""
    return {"accessKeyId": credentials.access_key_id, "expiration": credentials.expiration}


def assumed_role_user(role: Role, session_name: str) -> AssumedRoleUser:
    """The session of a role."""
    return AssumedRoleUser(
        assumed_role_id=f"{role.role_id}:{session_name}",
        arn=f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{session_name}",
    )


def role_named(run: Run, arn: str) -> Role | None:
    """The role of an ARN; None if there is none."""
    parts = parts_of_role(arn)
    role = run.ports.store.role(parts[4], parts[5].rsplit("/", 1)[1])
    return role if role is not None and role.arn == arn else None


def parts_of_role(arn: str) -> list[str]:
    """The six parts of a role's ARN. Raises ValidationException if it is none."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise VALIDATION(detail=f"{arn} is invalid")
    return parts


def checked_duration(role: Role, seconds: int | None, *, chained: bool = False) -> int:
    """How long a session of a role is to last. Raises ValidationException if the role does not let it."""
    wanted = seconds or HOUR
    if chained and wanted > HOUR:
        raise VALIDATION(
            detail="The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if wanted > role.max_session_duration:
        raise VALIDATION(detail="The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return wanted


def session_policies(run: Run, role: Role, policy: str | None, arns: Sequence[PolicyDescriptor]) -> tuple[str, ...]:
    """The session policies: the text that was passed, and the ARNs of managed policies of the role's account or AWS's.

    Raises:
        ServiceError: MalformedPolicyDocument, PackedPolicyTooLarge or ValidationException.
    """
    names = tuple(dict.fromkeys(descriptor.arn for descriptor in arns))
    if sum(map(len, (policy or "", *names))) > MOST_POLICY:
        raise STS_PACKED_POLICY_TOO_LARGE(detail="The session policy exceeds the maximum size")
    for arn in names:
        managed = run.ports.store.identity(ManagedPolicy, arn)
        if managed is None or managed.account not in (role.account, AWS_ACCOUNT):
            raise VALIDATION(detail=f"Policy {arn} does not exist or is not attachable")
    if policy is None:
        return names
    faults = check_policy(policy, "policy", PolicyKind.IDENTITY)
    if faults:
        raise STS_MALFORMED_POLICY(detail="; ".join(faults))
    return (policy, *names)


def packed_policy_size(policies: Sequence[str], tags: Mapping[str, str]) -> int | None:
    """How much of the room is used, in percent; None if nothing was passed.

    Raises:
        ServiceError: PackedPolicyTooLarge.
    """
    if not policies and not tags:
        return None
    packed = len(zlib.compress(json.dumps([list(policies), dict(tags)], separators=(",", ":")).encode(), 9))
    percent = -(-100 * packed // MOST_PACKED)
    if percent > 100:
        raise STS_PACKED_POLICY_TOO_LARGE(detail=f"Packed size of session tags consumes {percent}% of allotted space.")
    return percent


def checked_tags(given: Sequence[SessionTag], inherited: Mapping[str, str]) -> dict[str, str]:
    """The tags passed. Their keys' case does not matter, and none may say again what is inherited ("AssumeRole")."""
    tags = {tag.key: tag.value for tag in given}
    passed = {key.lower() for key in tags}
    if len(passed) != len(given):
        raise VALIDATION(detail="Duplicate session tag keys: tag keys are not case-sensitive")
    again = sorted(passed & {key.lower() for key in inherited})
    if again:
        raise VALIDATION(detail=f"The session tag {again[0]} is inherited from the calling session: pass it no more")
    return tags
