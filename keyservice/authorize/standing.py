"""What follows from who calls: principal, policies and context keys, worked out once for as long as they stay.

A caller comes back with every request; the directory's records of it seldom change.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import is_

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.context import ContextValues, context_of_caller, lowered, principal_of
from keyservice.authorize.documents import Known
from keyservice.authorize.organizations import ALLOW_NOTHING, Levels, Organizations, Place
from keyservice.model.identity import Group, ManagedPolicy, NamedPolicy, Role, User
from keyservice.store.port import Store
from policy.evaluate.compiled import CompiledPolicies, combine
from policy.evaluate.compiled_document import CompiledDocument
from policy.model.principal import Principal

_REMEMBERED = 4096

Holder = User | Role | Group
Records = tuple[Holder | ManagedPolicy | Place | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The policies that bear on a call, ready to be asked, and which keys they speak of that cost to find out."""

    policies: CompiledPolicies
    ask_for: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A caller and what follows from the directory's records of it; policies are texts."""

    caller: Caller
    records: Records
    principal: Principal
    identity: tuple[str, ...]
    boundary: tuple[str, ...]
    session: tuple[str, ...]
    service_control: Levels
    context: ContextValues
    grantees: tuple[str, ...]
    """The grantee principals that are the caller: what its grants are looked up by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """Whose policies bear on a call: the caller's, the resource's own, and its account's RCPs."""

    standing: Standing
    resource: str | None
    resource_control: Levels

    def texts(self) -> tuple[str, ...]:
        """The texts of all of them."""
        standing = self.standing
        levels = chain.from_iterable((*standing.service_control, *self.resource_control))
        own = () if self.resource is None else (self.resource,)
        return (*standing.identity, *standing.boundary, *standing.session, *own, *levels)


class Standings:
    """The standings of callers, by access key id and way of calling.

    Invariant: one is used again only for an equal caller and the very same records, and the store's cache gives the
    same records only while nobody has changed them.
    """

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region
        self._organizations = Organizations(store)
        self._known: dict[str, Standing] = {}

    def of(self, caller: Caller) -> Standing:
        """The caller's standing now."""
        records = self._records(caller)
        name = caller.name_in_caches
        known = self._known.get(name)
        if known is not None and (known.caller is caller or known.caller == caller) and _are(known.records, records):
            return known
        standing = _standing(caller, records, self._region)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[name] = standing
        return standing

    def _records(self, caller: Caller) -> Records:
        """What policies hang on: the account's place, the user and its groups or the role, and managed policies."""
        place = self._organizations.place_of(caller.account)
        holders = self._holders(caller)
        arns = [arn for holder in holders if holder is not None for arn in holder.attached]
        owner = holders[0] if holders else None
        boundary = None if owner is None or isinstance(owner, Group) else owner.permissions_boundary
        if boundary is not None and is_managed(boundary):
            arns.append(boundary)
        if caller.session is not None:
            arns += filter(is_managed, caller.session.session_policies)
        policies = [self._store.identity(ManagedPolicy, arn) for arn in arns]
        # The account that a service calls for has a place of its own ("aws:SourceOrgID", "aws:SourceOrgPaths").
        source = caller.source.account
        return place, *holders, *policies, *([self._organizations.place_of(source)] if source else [])

    def _holders(self, caller: Caller) -> tuple[Holder | None, ...]:
        match caller.kind:
            case CallerKind.USER:
                user = self._store.user(caller.account, caller.name or "")
                groups = [self._store.group(user.account, name) for name in user.groups] if user else []
                return user, *groups
            case CallerKind.ROLE_SESSION:
                return (self._store.role(caller.account, caller.name or ""),)
            case _:
                return ()


def _are(one: Records, other: Records) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))


def _standing(caller: Caller, records: Records, region: str) -> Standing:
    place, *sources = [record for record in records if isinstance(record, Place)]
    holders = [record for record in records if isinstance(record, User | Role | Group)]
    managed = {record.arn: record.document for record in records if isinstance(record, ManagedPolicy)}
    owner = holders[0] if holders else None
    session = caller.session
    tags = dict(owner.tags) if isinstance(owner, User | Role) else {}
    if session is not None and session.tags:
        # A session tag takes the place of the role's tag of that key, whose case does not matter (IAM User Guide,
        # "Pass session tags in AWS STS").
        passed = {key.lower() for key in session.tags}
        tags = {key: value for key, value in tags.items() if key.lower() not in passed} | dict(session.tags)
    own = _texts(policy for holder in holders for policy in holder.policies)
    attached = tuple(managed[arn] for holder in holders for arn in holder.attached if arn in managed)
    return Standing(
        caller=caller,
        records=records,
        principal=principal_of(caller),
        identity=own + attached,
        boundary=_boundary(owner, managed),
        session=tuple(_session_policy(text, managed) for text in session.session_policies) if session else (),
        service_control=place.service_control,
        context=lowered(context_of_caller(caller, tags, region))
        | place.of_principal
        | (sources[0].of_source if sources else {}),
        grantees=_grantees(caller),
    )


def _grantees(caller: Caller) -> tuple[str, ...]:
    """Itself, the role or user behind a session, and its account; a service is nobody else."""
    if caller.kind is CallerKind.SERVICE:
        return (caller.name or "",)
    issuer = () if caller.issuer_arn is None else (caller.issuer_arn,)
    return (caller.arn, *issuer, caller.account, f"arn:{caller.partition}:iam::{caller.account}:root")


def is_managed(policy: str) -> bool:
    """Whether a permissions boundary or session policy is the ARN of a managed policy, and not a policy itself."""
    return policy.startswith("arn:")


def _boundary(owner: Holder | None, managed: Mapping[str, str]) -> tuple[str, ...]:
    boundary = None if owner is None or isinstance(owner, Group) else owner.permissions_boundary
    if boundary is None:
        return ()
    # A boundary that is not there bounds to nothing; a managed policy in use cannot be deleted ("DeletePolicy").
    return (managed.get(boundary, ALLOW_NOTHING) if is_managed(boundary) else boundary,)


def _session_policy(text: str, managed: Mapping[str, str]) -> str:
    """A session policy: its text, or that of the managed policy whose ARN was passed."""
    return managed.get(text, ALLOW_NOTHING) if is_managed(text) else text


def _texts(policies: Iterable[NamedPolicy]) -> tuple[str, ...]:
    return tuple(policy.document for policy in policies)


def gather(bearing: Bearing, compile_: Callable[[Iterable[str]], Known]) -> Gathered:
    """Put the policies together that bear on a call, each compiled."""

    def documents(texts: Iterable[str]) -> tuple[CompiledDocument, ...]:
        return tuple(policy.compiled for policy in compile_(texts))

    resource = documents(() if bearing.resource is None else (bearing.resource,))
    standing = bearing.standing
    return Gathered(
        policies=combine(
            identity=documents(standing.identity),
            permissions_boundary=documents(standing.boundary),
            session=documents(standing.session),
            resource=resource[0] if resource else None,
            service_control=tuple(map(documents, standing.service_control)),
            resource_control=tuple(map(documents, bearing.resource_control)),
        ),
        ask_for=frozenset[str]().union(*(policy.asks_for for policy in compile_(bearing.texts()))),
    )
