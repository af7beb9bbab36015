"""The condition keys of a request that follow from the rest of it: who calls, what is called, other keys.

Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from policy.model.principal import (
    Anonymous,
    FederatedIdentity,
    FederatedUser,
    Principal,
    Role,
    RoleSession,
    RootUser,
    ServicePrincipal,
    User,
    account_of,
)

Values = Mapping[str, tuple[str, ...]]

_ENCRYPTION_CONTEXT = "kms:encryptioncontext:"

# They say whether a service calls on somebody's behalf, to attach a resource of its own ("kms:GrantIsForAWSResource").
_GRANT_ACTIONS = frozenset({"kms:creategrant", "kms:listgrants", "kms:revokegrant"})

# "aws:PrincipalType": the type of principal.
_TYPES: dict[type[Principal], str] = {
    RootUser: "Account",
    User: "User",
    Role: "AssumedRole",
    RoleSession: "AssumedRole",
    FederatedUser: "FederatedUser",
    Anonymous: "Anonymous",
}


def with_following(
    given: Values, principal: Principal, action: str, *, owner: str | None = None, role_path: str = ""
) -> dict[str, tuple[str, ...]]:
    """The given keys, and behind them those that follow; what is given is never changed.

    `owner` is the account of the resource, `role_path` the path of the role behind a session (`service/`), which the
    session's ARN does not have.
    """
    known = {key.lower() for key in given}
    following = [*_of_principal(principal, role_path), *_of_resource(owner)]
    if action.lower().startswith("kms:"):
        following += [*_of_kms_caller(principal), *_of_encryption_context(given)]
        following += _of_direct_grant_call(principal, action, known)
    return {**given, **{key: values for key, values in following if key.lower() not in known}}


def _of_principal(principal: Principal, role_path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if arn := _principal_arn(principal, role_path):
        yield "aws:PrincipalArn", (arn,)
    if account := account_of(principal):
        yield "aws:PrincipalAccount", (account,)
    if type_ := _TYPES.get(type(principal)):
        yield "aws:PrincipalType", (type_,)
    match principal:
        case User():
            yield "aws:username", (principal.path_and_name.rsplit("/", 1)[-1],)
        case RootUser():
            # "Principal key values": the root user's id is that of the account.
            yield "aws:userid", (principal.account,)
        case ServicePrincipal():
            yield "aws:PrincipalServiceName", (principal.name,)
        case _:
            pass
    if not isinstance(principal, Anonymous | FederatedIdentity):
        yield "aws:PrincipalIsAWSService", (str(isinstance(principal, ServicePrincipal)).lower(),)


def _principal_arn(principal: Principal, role_path: str) -> str | None:
    match principal:
        case RoleSession():
            # "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed it".
            return f"arn:{principal.partition}:iam::{principal.account}:role/{role_path}{principal.role_name}"
        case ServicePrincipal() | FederatedIdentity() | Anonymous():
            return None
        case _:
            return principal.arn


def _of_resource(owner: str | None) -> Iterable[tuple[str, tuple[str, ...]]]:
    return [("aws:ResourceAccount", (owner,))] if owner else []


def _of_kms_caller(principal: Principal) -> Iterable[tuple[str, tuple[str, ...]]]:
    account = account_of(principal)
    return [("kms:CallerAccount", (account,))] if account else []


def _of_direct_grant_call(
    principal: Principal, action: str, known: Collection[str]
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """A call that no service makes for the caller is not for an AWS resource."""
    is_direct = "kms:viaservice" not in known and not isinstance(principal, ServicePrincipal)
    return [("kms:GrantIsForAWSResource", ("false",))] if is_direct and action.lower() in _GRANT_ACTIONS else []


def _of_encryption_context(given: Values) -> Iterable[tuple[str, tuple[str, ...]]]:
    """kms:EncryptionContextKeys are the names in the encryption context, with their case."""
    names = tuple(key[len(_ENCRYPTION_CONTEXT) :] for key in given if key.lower().startswith(_ENCRYPTION_CONTEXT))
    return [("kms:EncryptionContextKeys", names)] if names else []
