"""The request context: what policies may ask about the caller, the key and the call.

Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.target import Target
from keyservice.model.key import Key
from policy.model.principal import (
    FederatedUser,
    Principal,
    RoleSession,
    RootUser,
    ServicePrincipal,
    User,
)

ContextValues = dict[str, str | tuple[str, ...]]

_PRINCIPAL_TYPES = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE_SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of the call apart from caller and target.

    `offered` are the condition keys that the request itself carries; `now` is in epoch seconds; `encryption_context` is
    given exactly because grants compare it with case.
    """

    now: float
    region: str
    source_ip: str
    user_agent: str = ""
    secure_transport: bool = False
    offered: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    encryption_context: Mapping[str, str] | None = None


def principal_of(caller: Caller) -> Principal:
    """The caller as the engine knows it."""
    place = {"partition": caller.partition, "account": caller.account}
    match caller.kind:
        case CallerKind.ROOT:
            return RootUser(**place)
        case CallerKind.USER:
            return User(**place, path_and_name=caller.arn.split(":user/", 1)[1])
        case CallerKind.ROLE_SESSION:
            return RoleSession(**place, role_name=caller.name or "", session_name=caller.session_name or "")
        case CallerKind.FEDERATED_USER:
            return FederatedUser(**place, name=caller.session_name or "")
        case CallerKind.SERVICE:
            return ServicePrincipal(name=caller.name or "")


def context_of_caller(caller: Caller, principal_tags: Mapping[str, str]) -> ContextValues:
    """The keys that follow from who calls. A service calling for itself has none of an account's keys."""
    values: ContextValues = {"aws:PrincipalIsAWSService": _flag(caller.kind is CallerKind.SERVICE)}
    if caller.kind is CallerKind.SERVICE:
        values["aws:PrincipalServiceName"] = caller.name or ""
        return values
    values |= {
        # For a role session this is the role's ARN (global keys, "aws:PrincipalArn").
        "aws:PrincipalArn": caller.issuer_arn or caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": _PRINCIPAL_TYPES[caller.kind],
        "aws:userid": caller.unique_id,
        "aws:ViaAWSService": "false",
        "kms:CallerAccount": caller.account,
    }
    if caller.kind is CallerKind.USER and caller.name:
        values["aws:username"] = caller.name
    values |= {f"aws:PrincipalTag/{key}": value for key, value in principal_tags.items()}
    return values | _context_of_session(caller)


def _context_of_session(caller: Caller) -> ContextValues:
    session = caller.session
    if session is None:
        return {}
    # MultiFactorAuthPresent is there for temporary credentials alone (global keys, "aws:MultiFactorAuthPresent").
    values: ContextValues = {
        "aws:TokenIssueTime": _iso(session.issued),
        "aws:MultiFactorAuthPresent": _flag(session.mfa_authenticated),
    }
    if session.source_identity:
        values["aws:SourceIdentity"] = session.source_identity
    if session.instance_id:
        values["ec2:SourceInstanceArn"] = f"arn:{caller.partition}:ec2:::instance/{session.instance_id}"
    return values


def context_of_resource(target: Target) -> ContextValues:
    """The keys that follow from the KMS key or the role that is to be touched."""
    if target.key is not None:
        return _context_of_key(target.key, target)
    if target.role is not None:
        tags = target.role.tags.items()
        return {f"{prefix}:ResourceTag/{name}": value for name, value in tags for prefix in ("aws", "iam")}
    return {}


def _context_of_key(key: Key, target: Target) -> ContextValues:
    values: ContextValues = {
        "kms:KeySpec": key.spec,
        "kms:CustomerMasterKeySpec": key.spec,
        "kms:KeyUsage": key.usage,
        "kms:CustomerMasterKeyUsage": key.usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": _flag(key.multi_region),
    }
    values |= {f"aws:ResourceTag/{name}": value for name, value in key.tags.items()}
    if target.request_alias:
        values["kms:RequestAlias"] = target.request_alias
    return values


def context_of_call(facts: CallFacts, target: Target) -> ContextValues:
    """The keys that follow from the call itself."""
    values: ContextValues = {
        "aws:CurrentTime": _iso(facts.now),
        "aws:EpochTime": str(int(facts.now)),
        "aws:RequestedRegion": facts.region,
        "aws:SecureTransport": _flag(facts.secure_transport),
        "aws:SourceIp": facts.source_ip,
    }
    if facts.user_agent:
        values["aws:UserAgent"] = facts.user_agent
    if target.resource:
        values["aws:ResourceAccount"] = target.account
    return values


def offered_encryption_context(context: Mapping[str, str]) -> ContextValues:
    """The keys that an encryption context offers (AWS KMS condition keys, "kms:EncryptionContext:context-key").

    Names of context keys are case-insensitive in policies: names that differ only in case become one key with several
    values, which no single-valued comparison can match.
    """
    values: dict[str, tuple[str, ...]] = {}
    for name, value in context.items():
        key = f"kms:encryptioncontext:{name.lower()}"
        values[key] = (*values.get(key, ()), value)
    return {**values, "kms:encryptioncontextkeys": tuple(context)} if context else {}


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
