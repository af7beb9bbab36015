"""The request context: what policies may ask about the caller, the key and the call.

Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys".
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from functools import lru_cache

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.target import Target
from keyservice.model.identity import Role
from keyservice.model.key import Key
from keyservice.values import call_value
from policy.model.principal import (
    FederatedIdentity,
    FederatedUser,
    Principal,
    RoleSession,
    RootUser,
    ServicePrincipal,
    User,
)

ContextValues = dict[str, tuple[str, ...]]
"""Context keys in lower case, as the engine compares them, and their values."""

SpelledValues = Mapping[str, str | tuple[str, ...]]
"""Context keys as AWS spells them; a key that has one value may give it as it is."""

_FOR_AWS_RESOURCE = "kms:grantisforawsresource"

_PRINCIPAL_TYPES = {
    CallerKind.ROOT: "Account",
    CallerKind.USER: "User",
    CallerKind.ROLE_SESSION: "AssumedRole",
    CallerKind.FEDERATED_USER: "FederatedUser",
}


@call_value
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
    offered: SpelledValues = field(default_factory=dict)
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
            return RoleSession(
                **place,
                role_name=caller.name or "",
                session_name=caller.session_name or "",
                role_path=_role_path(caller),
            )
        case CallerKind.FEDERATED_USER:
            return FederatedUser(**place, name=caller.session_name or "")
        case CallerKind.SERVICE:
            return ServicePrincipal(name=caller.name or "")
        case CallerKind.WEB_IDENTITY:
            return FederatedIdentity(provider=caller.arn)


def lowered(values: SpelledValues) -> ContextValues:
    """The values under lower-case names, as key names are case-insensitive.

    Names that differ only in case (of tags, of encryption context) become one key with several values, which no
    single-valued comparison can match.
    """
    low: ContextValues = {}
    for spelled, value in values.items():
        name = spelled.lower()
        given = (value,) if isinstance(value, str) else value
        low[name] = low[name] + given if name in low else given
    return low


def context_of_caller(caller: Caller, principal_tags: Mapping[str, str], region: str) -> SpelledValues:
    """The keys that follow from who calls. A service calling for itself has none of an account's keys.

    `region` is where the caller's instance runs, if it is one.
    """
    values: dict[str, str | tuple[str, ...]] = {"aws:PrincipalIsAWSService": _flag(caller.kind is CallerKind.SERVICE)}
    if caller.kind is CallerKind.SERVICE:
        # A service principal has several names where it is regional ("aws:PrincipalServiceNamesList"); here it has one.
        values |= {"aws:PrincipalServiceName": caller.name or "", "aws:PrincipalServiceNamesList": (caller.name or "",)}
        return values | _context_of_source(caller)
    if caller.kind is CallerKind.WEB_IDENTITY:
        # Nobody of any account yet: the provider, and what its token says ("Available keys for AWS OIDC federation").
        values["aws:FederatedProvider"] = caller.arn
        return values
    values |= {
        # For a role session this is the role's ARN (global keys, "aws:PrincipalArn").
        "aws:PrincipalArn": caller.issuer_arn or caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": _PRINCIPAL_TYPES[caller.kind],
        "aws:userid": caller.unique_id,
        "aws:ViaAWSService": _flag(caller.via is not None),
        "kms:CallerAccount": caller.account,
    }
    if caller.via is not None:
        values |= {
            "aws:CalledVia": caller.via.called_via,
            "aws:CalledViaFirst": caller.via.called_via[0],
            "aws:CalledViaLast": caller.via.called_via[-1],
            "kms:ViaService": caller.via.via_service,
        }
    if caller.kind is CallerKind.USER and caller.name:
        values["aws:username"] = caller.name
    values |= {f"aws:PrincipalTag/{key}": value for key, value in principal_tags.items()}
    return values | _context_of_session(caller, region)


def _context_of_source(caller: Caller) -> dict[str, str | tuple[str, ...]]:
    """For what a service calls ("aws:SourceArn", "aws:SourceAccount"); its organization's keys come from `standing`."""
    given = {"aws:SourceArn": caller.source.arn, "aws:SourceAccount": caller.source.account}
    return {key: value for key, value in given.items() if value is not None}


def _context_of_session(caller: Caller, region: str) -> dict[str, str | tuple[str, ...]]:
    session = caller.session
    if session is None:
        return {}
    # MultiFactorAuthPresent is there for temporary credentials alone (global keys, "aws:MultiFactorAuthPresent").
    values: dict[str, str | tuple[str, ...]] = {
        "aws:TokenIssueTime": _iso(int(session.issued)),
        "aws:MultiFactorAuthPresent": _flag(session.mfa_authenticated),
    }
    if session.source_identity:
        values["aws:SourceIdentity"] = session.source_identity
    if session.instance_id:
        # Service Authorization Reference, "Condition keys for Amazon EC2".
        place = f"{caller.partition}:ec2:{region}:{caller.account}"
        values["ec2:SourceInstanceARN"] = f"arn:{place}:instance/{session.instance_id}"
    return values


def context_of_role(role: Role) -> SpelledValues:
    """The keys that follow from the role that is to be assumed."""
    return {f"{prefix}:ResourceTag/{name}": value for name, value in role.tags.items() for prefix in ("aws", "iam")}


def context_of_key(key: Key) -> SpelledValues:
    """The keys that follow from the KMS key that is to be touched."""
    key_type = key.multi_region_key_type
    return {
        "kms:KeySpec": key.spec,
        "kms:CustomerMasterKeySpec": key.spec,
        "kms:KeyUsage": key.usage,
        "kms:CustomerMasterKeyUsage": key.usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": _flag(key.multi_region),
        # Of multi-Region keys alone (AWS KMS condition keys, "kms:MultiRegionKeyType").
        **({"kms:MultiRegionKeyType": key_type} if key_type else {}),
        **{f"aws:ResourceTag/{name}": value for name, value in key.tags.items()},
    }


def context_of_call(facts: CallFacts, target: Target) -> ContextValues:
    """The keys that follow from the call itself, in lower case from the start: they are new with every call."""
    values: ContextValues = {
        "aws:currenttime": (_iso(int(facts.now)),),
        "aws:epochtime": (str(int(facts.now)),),
        "aws:requestedregion": (target.region or facts.region,),
        "aws:securetransport": (_flag(facts.secure_transport),),
        "aws:sourceip": (facts.source_ip,),
    }
    if facts.user_agent:
        values["aws:useragent"] = (facts.user_agent,)
    if target.resource:
        values["aws:resourceaccount"] = (target.account,)
    if target.request_alias:
        values["kms:requestalias"] = (target.request_alias,)
    return values | lowered(target.offered) if target.offered else values


def offered_through(caller: Caller, offered: ContextValues) -> ContextValues:
    """What a request offers, in lower case: a grant that a service makes for its caller is for an AWS resource.

    Source: AWS KMS condition keys, "kms:GrantIsForAWSResource": of CreateGrant, ListGrants and RevokeGrant, which offer
    that it is not.
    """
    if caller.via is not None and _FOR_AWS_RESOURCE in offered:
        return {**offered, _FOR_AWS_RESOURCE: ("true",)}
    return offered


def offered_encryption_context(context: Mapping[str, str]) -> dict[str, str | tuple[str, ...]]:
    """The keys that an encryption context offers (AWS KMS condition keys, "kms:EncryptionContext:context-key")."""
    if not context:
        return {}
    values: dict[str, str | tuple[str, ...]] = {f"kms:EncryptionContext:{name}": text for name, text in context.items()}
    values["kms:EncryptionContextKeys"] = tuple(context)
    return values


def _flag(value: bool) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=64)
def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _role_path(caller: Caller) -> str | None:
    """The path of the role behind a session: `service/`, from `arn:aws:iam::111122223333:role/service/App`."""
    if caller.issuer_arn is None:
        return None
    return caller.issuer_arn.split(":role/", 1)[1].removesuffix(caller.name or "")
