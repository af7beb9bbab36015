"""AssumeRoleWithWebIdentity: a role's temporary credentials for whoever an OIDC provider vouches for. Nobody signs it.

Source: STS API Reference, "AssumeRoleWithWebIdentity"; IAM User Guide, "OIDC federation", "Create a role for OpenID
Connect federation".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.auth.caller import Caller, CallerKind, Session
from keyservice.auth.session_token import assume_role_credentials
from keyservice.auth.web_identity import WebIdentity, verify_token
from keyservice.authorize.context import SpelledValues
from keyservice.authorize.target import Target
from keyservice.errors import KMS_INTERNAL
from keyservice.operations.operation import Kind, Operation, Ports, Run
from keyservice.operations.shapes import NotOffered, Number, Text
from keyservice.operations.sts_session import (
    AssumedRoleUser,
    CredentialsRecord,
    NumberAsText,
    PolicyArns,
    RoleArn,
    RoleSessionName,
    SessionPolicy,
    assumed_role_user,
    checked_duration,
    credentials_record,
    packed_policy_size,
    parts_of_role,
    recorded_credentials,
    role_named,
    session_policies,
)

_ACTION = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleWithWebIdentityInput:
    """The parameters of AssumeRoleWithWebIdentity."""

    role_arn: RoleArn
    role_session_name: RoleSessionName
    web_identity_token: Annotated[str, Text(4, 20_000, secret=True)]
    provider_id: Annotated[None, NotOffered()] = None  # of OAuth 2.0 providers without OpenID Connect
    policy_arns: PolicyArns = ()
    policy: SessionPolicy = None
    duration_seconds: Annotated[int | None, NumberAsText(Number(900, 43_200))] = None
    minimum_session_token_size: Annotated[None, NotOffered()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumeRoleWithWebIdentityOutput:
    """What AssumeRoleWithWebIdentity answers."""

    credentials: CredentialsRecord
    subject_from_web_identity_token: str
    assumed_role_user: AssumedRoleUser
    packed_policy_size: int | None
    provider: str
    audience: str
    source_identity: str | None


def identify(ports: Ports, given: AssumeRoleWithWebIdentityInput, now: float) -> Caller:
    """The subject of the token, if a provider of the role's account vouches for it."""
    identity = _identity(ports, given, now)
    provider = identity.provider
    return Caller(
        kind=CallerKind.WEB_IDENTITY,
        arn=provider.arn,
        account=provider.account,
        # CloudTrail's principalId of a WebIdentityUser ("CloudTrail userIdentity element").
        unique_id=f"{provider.arn}:{identity.audience}:{identity.subject}",
        access_key_id="",
        partition=provider.partition,
        name=identity.subject,
    )


def assume_role_with_web_identity(run: Run, given: AssumeRoleWithWebIdentityInput) -> AssumeRoleWithWebIdentityOutput:
    """Make temporary credentials for a session of a role that trusts the provider's subject."""
    role = run.targets[0].role
    if role is None:
        raise KMS_INTERNAL()  # a role that does not exist trusts nobody, so no call gets here
    identity = _identity(run.ports, given, run.now)
    policies = session_policies(run, role, given.policy, given.policy_arns)
    session = Session(
        issued=float(int(run.now)),
        expires=float(int(run.now) + checked_duration(role, given.duration_seconds)),
        session_policies=policies,
        source_identity=identity.source_identity,
    )
    made = assume_role_credentials(
        run.ports.domain_key, role, given.role_session_name, session, random=run.ports.random
    )
    return AssumeRoleWithWebIdentityOutput(
        credentials=credentials_record(made),
        subject_from_web_identity_token=identity.subject,
        assumed_role_user=assumed_role_user(role, given.role_session_name),
        packed_policy_size=packed_policy_size(policies, {}),
        provider=identity.provider.arn,
        audience=identity.audience,
        source_identity=identity.source_identity,
    )


def _identity(ports: Ports, given: AssumeRoleWithWebIdentityInput, now: float) -> WebIdentity:
    account = parts_of_role(given.role_arn)[4]
    return verify_token(ports.store, ports.provider_keys, account, given.web_identity_token, now)


def _locate(run: Run, given: AssumeRoleWithWebIdentityInput) -> tuple[Target, ...]:
    role = role_named(run, given.role_arn)
    identity = _identity(run.ports, given, run.now)
    actions = (_ACTION, "sts:SetSourceIdentity") if identity.source_identity else (_ACTION,)
    offered = identity.context()
    if identity.source_identity:
        offered["sts:SourceIdentity"] = identity.source_identity
    account = parts_of_role(given.role_arn)[4]
    return tuple(
        Target(action=action, resource=given.role_arn, account=account, role=role, offered=offered)
        for action in actions
    )


def _offers(given: AssumeRoleWithWebIdentityInput) -> SpelledValues:
    return {"sts:RoleSessionName": given.role_session_name}


ASSUME_ROLE_WITH_WEB_IDENTITY = Operation(
    name="AssumeRoleWithWebIdentity",
    page="AssumeRoleWithWebIdentity",
    input=AssumeRoleWithWebIdentityInput,
    kind=Kind.READ,
    locate=_locate,
    identify=identify,
    answer=assume_role_with_web_identity,
    is_slow=lambda _: True,  # a session policy is parsed
    offers=_offers,
    recorded=lambda output: {
        "credentials": recorded_credentials(output.credentials),
        "subjectFromWebIdentityToken": output.subject_from_web_identity_token,
        "assumedRoleUser": {
            "assumedRoleId": output.assumed_role_user.assumed_role_id,
            "arn": output.assumed_role_user.arn,
        },
        "provider": output.provider,
        "audience": output.audience,
    },
    service="sts",
)
