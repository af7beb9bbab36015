"""Identities, as values. Policies are kept as their JSON text; `authorize` reads them.

A permissions boundary is the ARN of a managed policy, or a policy's JSON text, which an identities file may give.
Source: IAM User Guide, "IAM identities", "Instance profiles"; IAM API Reference, "UserDetail", "RoleDetail".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

AWS_ACCOUNT = "aws"
"""The account that AWS managed policies belong to, as their ARNs have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPolicy:
    """A policy attached to an identity: its name and its JSON text."""

    name: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPolicies:
    """What is attached to a root, an OU or an account.

    `full_aws_access` says whether FullAWSAccess, which AWS attaches everywhere when SCPs are switched on, is still
    there; RCPFullAWSAccess cannot be detached.
    """

    service_control: tuple[NamedPolicy, ...] = ()
    resource_control: tuple[NamedPolicy, ...] = ()
    full_aws_access: bool = True


NO_CONTROL_POLICIES = ControlPolicies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An account's place in an organization, and the control policies attached to the account itself."""

    organization: str
    parent: str
    attached: ControlPolicies = NO_CONTROL_POLICIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account."""

    id: str
    partition: str = "aws"
    membership: Membership | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicy:
    """A managed policy, which identities have attached by its ARN; AWS's own belong to the account `aws`."""

    account: str
    name: str
    path: str = "/"
    policy_id: str
    partition: str = "aws"
    document: str

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:policy/division/Name`, `arn:aws:iam::aws:policy/ReadOnlyAccess`."""
        return f"arn:{self.partition}:iam::{self.account}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of users: it lends them its policies."""

    account: str
    name: str
    path: str = "/"
    group_id: str
    policies: tuple[NamedPolicy, ...] = ()
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user; `user_id` is unique for all time, so a recreated user is another.

    Sessions issued before `sessions_valid_from` (epoch seconds) are over.
    """

    account: str
    name: str
    path: str = "/"
    user_id: str
    partition: str = "aws"
    groups: tuple[str, ...] = ()
    policies: tuple[NamedPolicy, ...] = ()
    attached: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    sessions_valid_from: float | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:user/division/Alice`."""
        return f"arn:{self.partition}:iam::{self.account}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role; `max_session_duration` is in seconds, 3,600 to 43,200.

    `trusted` holds the unique ids of the users and roles that the trust policy names, as they were when it was put.
    Sessions issued before `sessions_valid_from` (epoch seconds) are over.
    """

    account: str
    name: str
    path: str = "/"
    role_id: str
    partition: str = "aws"
    trust_policy: str
    trusted: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[NamedPolicy, ...] = ()
    attached: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    max_session_duration: int = 3600
    sessions_valid_from: float | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:role/service/App`."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceProfile:
    """What hands a role to an instance."""

    account: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An EC2 instance: its id and the instance profile it runs with."""

    account: str
    id: str
    instance_profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """A long-term access key. `sealed_secret` opens only under the domain key; `user_name` None means the root user.

    A linked service's has the service principal as `service`, and is no user's.
    """

    access_key_id: str
    account: str
    user_name: str | None
    service: str | None = None
    sealed_secret: bytes = field(repr=False)
    active: bool = True
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaDevice:
    """A virtual MFA device (TOTP). `serial_number` is its ARN; the seed opens only under the domain key.

    `last_step` is the time step of the code that was used last: no code is good twice (RFC 6238, section 5.2).
    """

    serial_number: str
    account: str
    user_name: str | None
    sealed_seed: bytes = field(repr=False)
    last_step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProvider:
    """An IAM OIDC identity provider. Its keys are a JWK set that is kept here, or are fetched from `jwks_url`.

    `issuer` is the URL without its scheme, as the ARN and the condition keys have it: `oidc.example.com/path`.
    `is_plain` is true of an issuer of `http://`, for tests on the loopback.
    """

    account: str
    issuer: str
    partition: str = "aws"
    client_ids: tuple[str, ...]
    jwks: str | None = None
    jwks_url: str | None = None
    is_plain: bool = False

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:oidc-provider/oidc.example.com/path`."""
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{self.issuer}"

    @property
    def url(self) -> str:
        """What a token's `iss` must be."""
        return f"{'http' if self.is_plain else 'https'}://{self.issuer}"
