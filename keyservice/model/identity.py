"""Accounts and the identities in them, as values. Policies are kept as their JSON text; `authorize` reads them.

Source: IAM User Guide, "IAM identities", "Instance profiles"; IAM API Reference, "UserDetail", "RoleDetail".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPolicy:
    """A policy attached to an identity: its name and its JSON text."""

    name: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account."""

    id: str
    partition: str = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of users: it lends them its policies."""

    account: str
    name: str
    path: str = "/"
    group_id: str
    policies: tuple[NamedPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user; `user_id` is unique for all time, so a recreated user is another."""

    account: str
    name: str
    path: str = "/"
    user_id: str
    partition: str = "aws"
    groups: tuple[str, ...] = ()
    policies: tuple[NamedPolicy, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """`arn:aws:iam::111122223333:user/division/Alice`."""
        return f"arn:{self.partition}:iam::{self.account}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role; `max_session_duration` is in seconds, 3,600 to 43,200."""

    account: str
    name: str
    path: str = "/"
    role_id: str
    partition: str = "aws"
    trust_policy: str
    policies: tuple[NamedPolicy, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    max_session_duration: int = 3600

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
    """A long-term access key. `sealed_secret` opens only under the domain key; `user_name` None means the root user."""

    access_key_id: str
    account: str
    user_name: str | None
    sealed_secret: bytes = field(repr=False)
    active: bool = True
    created: float
