"""AssumeRole and GetCallerIdentity: temporary credentials, and who they belong to.

Source: STS API Reference, the two operations; IAM User Guide, "Pass session tags in AWS STS", "Role chaining".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from keyservice.auth.caller import CallerKind, Session
from keyservice.auth.session_token import assume_role_credentials
from keyservice.authorize.context import SpelledValues
from keyservice.authorize.documents import check_policy
from keyservice.authorize.target import Target
from keyservice.errors import KMS_INTERNAL, STS_MALFORMED_POLICY, STS_PACKED_POLICY_TOO_LARGE, VALIDATION
from keyservice.model.identity import Role
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Faults, ListOf, NotOffered, Number, Record, Text
from policy.model.reading import PolicyKind

_HOUR = 3600  # seconds: the default duration, and the most for a session that assumes another role
_MOST_POLICY = 2048  # characters of a session policy


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


_TAG = r"(?u:[\w\s.:/=+@-])"  # letters and digits of any script, spaces, and these
_SESSION_NAME = r"[\w+=,.@-]*"
_ANY_TEXT = r"[\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTag:
    """A session tag."""

    key: Annotated[str, Text(1, 128, f"{_TAG}+")]
    value: Annotated[str, Text(0, 256, f"{_TAG}*")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleInput:
    """The parameters of AssumeRole."""

    role_arn: Annotated[str, Text(20, 2048, _ANY_TEXT)]
    role_session_name: Annotated[str, Text(2, 64, _SESSION_NAME)]
    policy: Annotated[str | None, Text(1, None, r"[\u0009\u000A\u000D\u0020-\u00FF]+")] = None
    policy_arns: Annotated[None, NotOffered()] = None
    duration_seconds: Annotated[int | None, NumberAsText(Number(900, 43200))] = None
    tags: Annotated[tuple[SessionTag, ...], ListInForm(ListOf(Record(SessionTag), 50))] = ()
    transitive_tag_keys: Annotated[tuple[str, ...], ListInForm(ListOf(Text(1, 128, f"{_TAG}+"), 50))] = ()
    external_id: Annotated[str | None, Text(2, 1224, r"[\w+=,.@:\/-]*")] = None
    source_identity: Annotated[str | None, Text(2, 64, _SESSION_NAME)] = None
    serial_number: Annotated[None, NotOffered()] = None
    token_code: Annotated[None, NotOffered()] = None
    provided_contexts: Annotated[None, NotOffered()] = None
    minimum_session_token_size: Annotated[None, NotOffered()] = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleOutput:
    """What AssumeRole answers."""

    credentials: CredentialsRecord
    assumed_role_user: AssumedRoleUser
    source_identity: str | None


def assume_role(run: Run, given: AssumeRoleInput) -> AssumeRoleOutput:
    """Make temporary credentials for a session of a role that trusts the caller."""
    role = run.targets[0].role
    if role is None:
        raise KMS_INTERNAL()  # a role that does not exist trusts nobody, so no call gets here
    session = _session(run, role, given)
    made = assume_role_credentials(
        run.ports.domain_key, role, given.role_session_name, session, random=run.ports.random
    )
    return AssumeRoleOutput(
        credentials=CredentialsRecord(
            access_key_id=made.access_key_id,
            secret_access_key=made.secret_access_key,
            session_token=made.session_token,
            expiration=datetime.fromtimestamp(made.expiration, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ),
        assumed_role_user=AssumedRoleUser(
            assumed_role_id=f"{role.role_id}:{given.role_session_name}",
            arn=f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/{given.role_session_name}",
        ),
        source_identity=session.source_identity,
    )


def _session(run: Run, role: Role, given: AssumeRoleInput) -> Session:
    chained = run.caller.kind is CallerKind.ROLE_SESSION
    before = run.caller.session
    inherited = {key: before.tags[key] for key in before.transitive_tag_keys if key in before.tags} if before else {}
    return Session(
        issued=float(int(run.now)),
        expires=float(int(run.now) + _duration(role, given, chained=chained)),
        session_policies=_session_policies(given),
        tags=inherited | _tags(given, inherited),
        transitive_tag_keys=tuple(sorted({*given.transitive_tag_keys, *inherited})),
        # Once set, a source identity stays through role chaining (IAM User Guide, "Monitor and control actions taken
        # with assumed roles").
        source_identity=(before.source_identity if before else None) or given.source_identity,
        chained=chained,
    )


def _duration(role: Role, given: AssumeRoleInput, *, chained: bool) -> int:
    wanted = given.duration_seconds or _HOUR
    if chained and wanted > _HOUR:
        raise VALIDATION(
            detail="The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        )
    if wanted > role.max_session_duration:
        raise VALIDATION(detail="The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return wanted


def _session_policies(given: AssumeRoleInput) -> tuple[str, ...]:
    if given.policy is None:
        return ()
    if len(given.policy) > _MOST_POLICY:
        raise STS_PACKED_POLICY_TOO_LARGE(detail="The session policy exceeds the maximum size")
    faults = check_policy(given.policy, "policy", PolicyKind.IDENTITY)
    if faults:
        raise STS_MALFORMED_POLICY(detail="; ".join(faults))
    return (given.policy,)


def _tags(given: AssumeRoleInput, inherited: Mapping[str, str]) -> dict[str, str]:
    """The tags passed. Their keys' case does not matter, and none may say again what is inherited ("AssumeRole")."""
    tags = {tag.key: tag.value for tag in given.tags}
    passed = {key.lower() for key in tags}
    if len(passed) != len(given.tags):
        raise VALIDATION(detail="Duplicate session tag keys: tag keys are not case-sensitive")
    again = sorted(passed & {key.lower() for key in inherited})
    if again:
        raise VALIDATION(detail=f"The session tag {again[0]} is inherited from the calling session: pass it no more")
    return tags


def _locate(run: Run, given: AssumeRoleInput) -> tuple[Target, ...]:
    role = _role(run, given.role_arn)
    account = role.account if role else run.caller.account
    actions = ["sts:AssumeRole"]
    # Tags and a source identity are permissions of their own, in the trust policy too ("Pass session tags").
    actions += ["sts:TagSession"] if given.tags else []
    actions += ["sts:SetSourceIdentity"] if given.source_identity else []
    return tuple(Target(action=action, resource=given.role_arn, account=account, role=role) for action in actions)


def _role(run: Run, arn: str) -> Role | None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise VALIDATION(detail=f"{arn} is invalid")
    role = run.ports.store.role(parts[4], parts[5].rsplit("/", 1)[1])
    return role if role is not None and role.arn == arn else None


def _offers(given: AssumeRoleInput) -> SpelledValues:
    values: dict[str, str | tuple[str, ...]] = {"sts:RoleSessionName": given.role_session_name}
    if given.external_id:
        values["sts:ExternalId"] = given.external_id
    if given.source_identity:
        values["sts:SourceIdentity"] = given.source_identity
    if given.tags:
        values["aws:TagKeys"] = tuple(tag.key for tag in given.tags)
        values |= {f"aws:RequestTag/{tag.key}": tag.value for tag in given.tags}
    if given.transitive_tag_keys:
        values["sts:TransitiveTagKeys"] = given.transitive_tag_keys
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCallerIdentityInput:
    """GetCallerIdentity has no parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCallerIdentityOutput:
    """Who calls."""

    user_id: str
    account: str
    arn: str


def get_caller_identity(run: Run, _: GetCallerIdentityInput) -> GetCallerIdentityOutput:
    """Tell the caller who they are."""
    return GetCallerIdentityOutput(user_id=run.caller.unique_id, account=run.caller.account, arn=run.caller.arn)


ASSUME_ROLE = Operation(
    name="AssumeRole",
    page="AssumeRole",
    input=AssumeRoleInput,
    kind=Kind.READ,
    locate=_locate,
    answer=assume_role,
    is_slow=lambda _: True,  # a session policy is parsed
    offers=_offers,
    recorded=lambda output: {
        "credentials": {
            "accessKeyId": output.credentials.access_key_id,
            "expiration": output.credentials.expiration,
        },
        "assumedRoleUser": {
            "assumedRoleId": output.assumed_role_user.assumed_role_id,
            "arn": output.assumed_role_user.arn,
        },
    },
    service="sts",
)

GET_CALLER_IDENTITY = Operation(
    name="GetCallerIdentity",
    page="GetCallerIdentity",
    input=GetCallerIdentityInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "sts:GetCallerIdentity"),
    answer=get_caller_identity,
    service="sts",
)
