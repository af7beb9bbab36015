"""AssumeRole and GetCallerIdentity: temporary credentials, and who they belong to.

Source: STS API Reference, the two operations; IAM User Guide, "Pass session tags in AWS STS", "Role chaining".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.auth.caller import CallerKind, Session
from keyservice.auth.session_token import assume_role_credentials
from keyservice.authorize.context import SpelledValues
from keyservice.authorize.target import Target
from keyservice.errors import ACCESS_DENIED, KMS_INTERNAL
from keyservice.model.identity import Role
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import ListOf, NotOffered, Number, Record, Text
from keyservice.operations.sts_mfa import checked_step, use_code
from keyservice.operations.sts_session import (
    SESSION_NAME,
    TAG,
    AssumedRoleUser,
    CredentialsRecord,
    ListInForm,
    NumberAsText,
    PolicyArns,
    RoleArn,
    RoleSessionName,
    SerialNumber,
    SessionPolicy,
    SessionTag,
    TokenCode,
    assumed_role_user,
    checked_duration,
    checked_tags,
    credentials_record,
    packed_policy_size,
    recorded_credentials,
    role_named,
    session_policies,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleInput:
    """The parameters of AssumeRole."""

    role_arn: RoleArn
    role_session_name: RoleSessionName
    policy: SessionPolicy = None
    policy_arns: PolicyArns = ()
    duration_seconds: Annotated[int | None, NumberAsText(Number(900, 43200))] = None
    tags: Annotated[tuple[SessionTag, ...], ListInForm(ListOf(Record(SessionTag), 50))] = ()
    transitive_tag_keys: Annotated[tuple[str, ...], ListInForm(ListOf(Text(1, 128, f"{TAG}+"), 50))] = ()
    external_id: Annotated[str | None, Text(2, 1224, r"[\w+=,.@:\/-]*")] = None
    source_identity: Annotated[str | None, Text(2, 64, SESSION_NAME)] = None
    serial_number: SerialNumber = None
    token_code: TokenCode = None
    provided_contexts: Annotated[None, NotOffered()] = None
    minimum_session_token_size: Annotated[None, NotOffered()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleOutput:
    """What AssumeRole answers."""

    credentials: CredentialsRecord
    assumed_role_user: AssumedRoleUser
    packed_policy_size: int | None
    source_identity: str | None


def assume_role(run: Run, given: AssumeRoleInput) -> AssumeRoleOutput:
    """Make temporary credentials for a session of a role that trusts the caller."""
    role = run.targets[0].role
    if role is None:
        raise KMS_INTERNAL()  # a role that does not exist trusts nobody, so no call gets here
    session = _session(run, role, given)
    packed = packed_policy_size(session.session_policies, session.tags)
    use_code(run, given.serial_number, given.token_code)
    made = assume_role_credentials(
        run.ports.domain_key, role, given.role_session_name, session, random=run.ports.random
    )
    return AssumeRoleOutput(
        credentials=credentials_record(made),
        assumed_role_user=assumed_role_user(role, given.role_session_name),
        packed_policy_size=packed,
        source_identity=session.source_identity,
    )


def _session(run: Run, role: Role, given: AssumeRoleInput) -> Session:
    """The session. That of a role never says whether there was MFA ("Secure API access with MFA")."""
    chained = run.caller.kind is CallerKind.ROLE_SESSION
    before = run.caller.session
    inherited = {key: before.tags[key] for key in before.transitive_tag_keys if key in before.tags} if before else {}
    return Session(
        issued=float(int(run.now)),
        expires=float(int(run.now) + checked_duration(role, given.duration_seconds, chained=chained)),
        session_policies=session_policies(run, role, given.policy, given.policy_arns),
        tags=inherited | checked_tags(given.tags, inherited),
        transitive_tag_keys=tuple(sorted({*given.transitive_tag_keys, *inherited})),
        source_identity=_source_identity(run, given),
        chained=chained,
    )


def _source_identity(run: Run, given: AssumeRoleInput) -> str | None:
    """Once set it stays through role chaining ("Monitor and control actions taken with assumed roles")."""
    before = run.caller.session.source_identity if run.caller.session else None
    if before is not None and given.source_identity not in (None, before):
        raise ACCESS_DENIED(message="The source identity that is set in the calling session cannot be changed")
    return before or given.source_identity


def _locate(run: Run, given: AssumeRoleInput) -> tuple[Target, ...]:
    role = role_named(run, given.role_arn)
    account = role.account if role else run.caller.account
    actions = ["sts:AssumeRole"]
    # Tags and a source identity are permissions of their own, in the trust policy too ("Pass session tags").
    actions += ["sts:TagSession"] if given.tags else []
    actions += ["sts:SetSourceIdentity"] if _source_identity(run, given) else []
    has_mfa = checked_step(run, given.serial_number, given.token_code) is not None
    offered = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"} if has_mfa else {}
    return tuple(
        Target(action=action, resource=given.role_arn, account=account, role=role, offered=offered)
        for action in actions
    )


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
        "credentials": recorded_credentials(output.credentials),
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
