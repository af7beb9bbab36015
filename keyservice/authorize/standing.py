"""What follows from who calls: principal, policies and context keys, worked out once for as long as they stay.

A caller comes back with every request; the directory's records of it seldom change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import is_

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.context import ContextValues, context_of_caller, lowered, principal_of
from keyservice.authorize.documents import Known
from keyservice.model.identity import Group, NamedPolicy, Role, User
from keyservice.store.port import Store
from policy.evaluate.compiled import CompiledPolicies, combine
from policy.evaluate.compiled_document import CompiledDocument
from policy.model.principal import Principal

_REMEMBERED = 4096

Records = tuple[User | Role | Group | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The policies that bear on a call, ready to be asked, and whether one of them speaks of the key's aliases."""

    policies: CompiledPolicies
    ask_for_aliases: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A caller and what follows from the directory's records of it; policies are texts."""

    caller: Caller
    records: Records
    principal: Principal
    identity: tuple[str, ...]
    boundary: tuple[str, ...]
    session: tuple[str, ...]
    context: ContextValues
    grantees: tuple[str, ...]
    """The grantee principals that are the caller: what its grants are looked up by."""


class Standings:
    """The standings of callers, by access key id.

    Invariant: one is used again only for an equal caller and the very same records, and the store's cache gives the
    same records only while nobody has changed them.
    """

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region
        self._known: dict[str, Standing] = {}

    def of(self, caller: Caller) -> Standing:
        """The caller's standing now."""
        records = self._records(caller)
        known = self._known.get(caller.access_key_id)
        if known is not None and (known.caller is caller or known.caller == caller) and _are(known.records, records):
            return known
        standing = _standing(caller, records, self._region)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[caller.access_key_id] = standing
        return standing

    def _records(self, caller: Caller) -> Records:
        """The user and its groups, or the role; others have no record that policies hang on."""
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
    owner = records[0] if records else None
    session = caller.session
    tags = dict(owner.tags) if isinstance(owner, User | Role) else {}
    if session is not None and session.tags:
        # A session tag takes the place of the role's tag of that key, whose case does not matter (IAM User Guide,
        # "Pass session tags in AWS STS").
        passed = {key.lower() for key in session.tags}
        tags = {key: value for key, value in tags.items() if key.lower() not in passed} | dict(session.tags)
    boundary = owner.permissions_boundary if isinstance(owner, User | Role) else None
    return Standing(
        caller=caller,
        records=records,
        principal=principal_of(caller),
        identity=_texts(policy for record in records if record is not None for policy in record.policies),
        boundary=(boundary,) if boundary else (),
        session=session.session_policies if session else (),
        context=lowered(context_of_caller(caller, tags, region)),
        grantees=_grantees(caller),
    )


def _grantees(caller: Caller) -> tuple[str, ...]:
    """Itself, the role or user behind a session, and its account; a service is nobody else."""
    if caller.kind is CallerKind.SERVICE:
        return (caller.name or "",)
    issuer = () if caller.issuer_arn is None else (caller.issuer_arn,)
    return (caller.arn, *issuer, caller.account, f"arn:{caller.partition}:iam::{caller.account}:root")


def _texts(policies: Iterable[NamedPolicy]) -> tuple[str, ...]:
    return tuple(policy.document for policy in policies)


def gather(identity: Known, boundary: Known, session: Known, resource: Known) -> Gathered:
    """Put the policies together that bear on a caller and a resource (at most one policy)."""
    return Gathered(
        policies=combine(
            identity=_documents(identity),
            permissions_boundary=_documents(boundary),
            session=_documents(session),
            resource=resource[0].compiled if resource else None,
        ),
        ask_for_aliases=any(policy.asks_for_aliases for policy in (*identity, *boundary, *session, *resource)),
    )


def _documents(policies: Known) -> tuple[CompiledDocument, ...]:
    return tuple(policy.compiled for policy in policies)
