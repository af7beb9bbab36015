"""Who calls: the principal of a request, parsed from the ARN, service name or `ANONYMOUS` that states it.

Source: IAM User Guide, "IAM identifiers" and "AWS JSON policy elements: Principal".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from policy.model.arn import LONGEST_REMEMBERED, Arn


@dataclass(frozen=True, slots=True, kw_only=True)
class RootUser:
    """The root user of an account."""

    partition: str = "aws"
    account: str

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:root`."""
        return f"arn:{self.partition}:iam::{self.account}:root"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user; `path_and_name` is what follows `user/`."""

    partition: str = "aws"
    account: str
    path_and_name: str

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:user/division/Alice`."""
        return f"arn:{self.partition}:iam::{self.account}:user/{self.path_and_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role named as the caller, with no session: what a simulation asks about; evaluated as a session of it."""

    partition: str = "aws"
    account: str
    path_and_name: str

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:role/service/App`."""
        return f"arn:{self.partition}:iam::{self.account}:role/{self.path_and_name}"

    @property
    def role_name(self) -> str:
        """The role's name without its path."""
        return self.path_and_name.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSession:
    """A session of an assumed role. Its ARN carries no path: `assumed-role/App/name` for role `service/App`.

    `role_path` (`service/`, empty without one) is given by whoever knows the role; None if only the ARN is known.
    """

    partition: str = "aws"
    account: str
    role_name: str
    session_name: str
    role_path: str | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:sts::111122223333:assumed-role/App/i-0abc`."""
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.role_name}/{self.session_name}"

    @property
    def role_arn(self) -> str | None:
        """The role's ARN, if its path is known: `arn:aws:iam::111122223333:role/service/App`."""
        if self.role_path is None:
            return None
        return f"arn:{self.partition}:iam::{self.account}:role/{self.role_path}{self.role_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedUser:
    """A session that an IAM user made with GetFederationToken; `name` is the session's."""

    partition: str = "aws"
    account: str
    name: str

    @property
    def arn(self) -> str:
        """`arn:aws:sts::111122223333:federated-user/Bob`."""
        return f"arn:{self.partition}:sts::{self.account}:federated-user/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePrincipal:
    """An AWS service calling for itself, such as `cloudtrail.amazonaws.com`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedIdentity:
    """A web identity or SAML subject, as AssumeRoleWith… calls have it; known by its provider's domain or ARN."""

    provider: str


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody in particular: an unsigned call."""


Principal = RootUser | User | Role | RoleSession | FederatedUser | ServicePrincipal | FederatedIdentity | Anonymous
"""Whoever makes a request."""

_REMEMBERED = 4_096

_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?")
_ACCOUNT = re.compile(r"[0-9]{12}")


def parse_principal(text: str) -> Principal:
    """Read a principal: an ARN, an account id (its root user), a service name, an identity provider, or `ANONYMOUS`.

    Raises:
        ValueError: the text names none of these.
    """
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _parse(text)


def _parse(text: str) -> Principal:
    if text in {"ANONYMOUS", "anonymous", "*"}:
        return Anonymous()
    if _ACCOUNT.fullmatch(text):
        return RootUser(account=text)
    if _SERVICE.fullmatch(text):
        return ServicePrincipal(name=text)
    if text.startswith("arn:"):
        return _from_arn(Arn.parse(text), text)
    if re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}(/.*)?", text):
        return FederatedIdentity(provider=text)
    raise ValueError(f"`{text}` is no principal: expected an ARN, an account id, a service name or ANONYMOUS")


# The same few principals are parsed for every request.
_remembered = lru_cache(maxsize=_REMEMBERED)(_parse)


def account_of(principal: Principal) -> str | None:
    """The account the principal belongs to; None for services, identity providers and anonymous callers."""
    match principal:
        case RootUser() | User() | Role() | RoleSession() | FederatedUser():
            return principal.account
        case _:
            return None


def _from_arn(arn: Arn, text: str) -> Principal:
    if not arn.account:
        raise ValueError(f"`{text}` is no principal's ARN: it names no account")
    kind, _, name = arn.resource.partition("/")
    place = {"partition": arn.partition, "account": arn.account}
    match arn.service, kind:
        case "iam", "root" if not name:
            return RootUser(**place)
        case "iam", "user" if name:
            return User(**place, path_and_name=name)
        case "iam", "role" if name:
            return Role(**place, path_and_name=name)
        case "iam", "saml-provider" | "oidc-provider" if name:
            return FederatedIdentity(provider=text)
        case "sts", "assumed-role" if name.count("/") >= 1:
            # A session ARN has no path, but some write one: the session is what follows the last slash.
            role, _, session = name.rpartition("/")
            return RoleSession(**place, role_name=role.rsplit("/", 1)[-1], session_name=session)
        case "sts", "federated-user" if name:
            return FederatedUser(**place, name=name)
        case _:
            raise ValueError(
                f"`{text}` is no principal's ARN: expected a root, user, role, assumed-role or federated-user ARN"
            )


__all__ = [
    "Anonymous",
    "FederatedIdentity",
    "FederatedUser",
    "Principal",
    "Role",
    "RoleSession",
    "RootUser",
    "ServicePrincipal",
    "User",
    "account_of",
    "parse_principal",
]
