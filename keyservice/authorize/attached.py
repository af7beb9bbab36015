"""What a user, group or role has of policies, one by one and with their names: what the policy simulator tries.

Source: IAM API Reference, "SimulatePrincipalPolicy"; IAM User Guide, "Managed policies and inline policies".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keyservice.authorize.organizations import ALLOW_NOTHING, FULL_AWS_ACCESS, Levels, Organizations
from keyservice.authorize.standing import is_managed
from keyservice.model.identity import AWS_ACCOUNT, Group, ManagedPolicy, Role, User
from keyservice.store.port import Store

Holder = User | Role | Group

_WORDS: Mapping[type[Holder], str] = {User: "user", Role: "role", Group: "group"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPolicy:
    """A policy that a user, group or role has. An inline one has no ARN."""

    name: str
    document: str
    holder_type: str
    holder_name: str
    arn: str | None = None

    @property
    def kind(self) -> str:
        """`inline`, `aws-managed` or `user-managed` ("PolicyIdentifier", PolicyType)."""
        if self.arn is None:
            return "inline"
        return "aws-managed" if f":iam::{AWS_ACCOUNT}:" in self.arn else "user-managed"

    @property
    def source_type(self) -> str:
        """What the simulator calls it: an inline policy is of its holder's type ("Statement", SourcePolicyType)."""
        return self.holder_type if self.arn is None else self.kind

    @property
    def source_id(self) -> str:
        """Undocumented: a name that tells whose inline policy it is, as AWS's does."""
        return f"{self.holder_type}_{self.holder_name}_{self.name}" if self.arn is None else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalPolicies:
    """Everything that decides by itself what a principal may: no resource's policy, no session's."""

    policies: tuple[AttachedPolicy, ...]
    boundary: str | None
    service_control: Levels
    tags: Mapping[str, str] = field(default_factory=dict)


def holder_named(store: Store, arn: str) -> Holder | None:
    """The user, group or role of an ARN; its path must be the ARN's."""
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind, _, path_and_name = resource.partition("/")
    name = path_and_name.rsplit("/", 1)[-1]
    found: Holder | None = None
    if kind == "user":
        found = store.user(account, name)
    elif kind == "role":
        found = store.role(account, name)
    elif kind == "group":
        found = store.group(account, name)
    if found is None or f"{found.path}{found.name}" != f"/{path_and_name}":
        return None
    return found if getattr(found, "partition", partition) == partition else None


def policies_of(store: Store, holder: Holder) -> PrincipalPolicies:
    """The policies of a user (with those of its groups), group or role."""
    groups = [store.group(holder.account, name) for name in holder.groups] if isinstance(holder, User) else []
    holders = [holder, *(group for group in groups if group is not None)]
    return PrincipalPolicies(
        policies=tuple(policy for each in holders for policy in _attached(store, each)),
        boundary=None if isinstance(holder, Group) else _boundary(store, holder.permissions_boundary),
        service_control=_service_control(store, holder.account),
        tags={} if isinstance(holder, Group) else holder.tags,
    )


def _attached(store: Store, holder: Holder) -> Iterator[AttachedPolicy]:
    place = {"holder_type": _WORDS[type(holder)], "holder_name": holder.name}
    for inline in holder.policies:
        yield AttachedPolicy(name=inline.name, document=inline.document, **place)
    for arn in holder.attached:
        managed = store.identity(ManagedPolicy, arn)
        if managed is not None:
            yield AttachedPolicy(name=managed.name, document=managed.document, arn=arn, **place)


def _boundary(store: Store, boundary: str | None) -> str | None:
    if boundary is None or not is_managed(boundary):
        return boundary
    managed = store.identity(ManagedPolicy, boundary)
    return managed.document if managed is not None else ALLOW_NOTHING


def _service_control(store: Store, account: str) -> Levels:
    """The SCPs that bind; of an account that none limits, but that is of an organization, FullAWSAccess."""
    place = Organizations(store).place_of(account)
    return place.service_control or (((FULL_AWS_ACCESS,),) if place.organization is not None else ())
