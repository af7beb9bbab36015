"""Authorization: policies that bear on a call are gathered, the engine decides, a refusal is told in AWS's words."""

import asyncio
from dataclasses import dataclass, replace

from keyservice.audit.last_use import LastUses
from keyservice.auth.caller import Caller
from keyservice.authorize.binding import resource_policy
from keyservice.authorize.context import (
    CallFacts,
    ContextValues,
    context_of_call,
    context_of_key,
    context_of_role,
    lowered,
    offered_through,
)
from keyservice.authorize.documents import RESOURCE_ALIASES, TRAILING_DAYS, PolicyCache
from keyservice.authorize.grants import Grants, with_grants
from keyservice.authorize.organizations import Organizations
from keyservice.authorize.standing import Bearing, Gathered, Standing, Standings, gather
from keyservice.authorize.target import Target
from keyservice.errors import ACCESS_DENIED, ServiceError
from keyservice.model.key import Key, KeyManager
from keyservice.store.port import Store
from keyservice.values import call_value
from policy.evaluate.decision import Decision
from policy.explain.sentence import wire_sentence
from policy.model.arn import Arn
from policy.model.principal import FederatedIdentity
from policy.model.request import Request, RequestContext

_REMEMBERED = 4096  # keys, and pairs of a caller and the policy of a resource
_DAY = 86_400.0  # seconds
# Service Authorization Reference, "Actions, resources, and condition keys for AWS KMS".
_ASKED_ABOUT_LAST_USE = frozenset({"kms:DisableKey", "kms:ScheduleKeyDeletion"})
_MOST_ALIASES = 10_000  # of a key that a policy may see: more than a customer may have in all (50 a key in AWS)


@call_value
class Verdict:
    """What the engine was asked, and what it decided."""

    request: Request
    decision: Decision

    def refusal(self) -> ServiceError:
        """The AccessDeniedException that tells the caller, in AWS's sentence."""
        if isinstance(self.request.principal, FederatedIdentity):
            # Whoever has no identity of an account is told no more ("Troubleshoot OIDC federation").
            return ACCESS_DENIED(message=f"Not authorized to perform {self.request.action}")
        return ACCESS_DENIED(message=wire_sentence(self.request, self.decision))


@dataclass(frozen=True, slots=True)
class _KeyFacts:
    """What policies may ask about a key as it is now; the ARN is parsed once."""

    key: Key
    arn: Arn
    of_account: ContextValues
    context: ContextValues


class Authorizer:
    """Asks the engine. It reads identities and grants from the store, key and trust policies from the target."""

    def __init__(self, store: Store, last_uses: LastUses, region: str) -> None:
        self._store = store
        self._last_uses = last_uses
        self._grants = Grants(store)
        self._standings = Standings(store, region)
        self._policies = PolicyCache()
        self._keys: dict[tuple[str, str], _KeyFacts] = {}
        self._organizations = Organizations(store)
        self._gathered: dict[tuple[str, str | None], tuple[Bearing, Gathered]] = {}

    async def decide(self, caller: Caller, target: Target, facts: CallFacts) -> Verdict:
        """Put one call before the engine. A policy that has not been seen yet is parsed off the event loop."""
        bearing = self._bearing(caller, target)
        gathered = self._known(bearing)
        if gathered is None:
            gathered = await asyncio.to_thread(self._compiled, bearing)
        if TRAILING_DAYS in gathered.ask_for and target.key is not None and target.action in _ASKED_ABOUT_LAST_USE:
            days = await asyncio.to_thread(self._days_without_use, target.key, facts.now)
            target = replace(target, offered={**target.offered, TRAILING_DAYS: str(days)})
        return self._verdict(bearing.standing, target, facts, gathered)

    def would_allow(self, caller: Caller, target: Target, facts: CallFacts, key_policy: str) -> bool:
        """Whether the call would be allowed if the key had this policy: the lockout safety check's question."""
        if target.key is None:
            return False
        changed = replace(target, key=replace(target.key, policy=key_policy, bound={}))
        bearing = self._bearing(caller, changed)
        return self._verdict(bearing.standing, changed, facts, self._compiled(bearing)).decision.is_allowed

    def _verdict(self, standing: Standing, target: Target, facts: CallFacts, gathered: Gathered) -> Verdict:
        resource, of_resource = self._resource(target)
        offered = offered_through(standing.caller, lowered(facts.offered))
        values = {**standing.context, **context_of_call(facts, target), **of_resource, **offered}
        if RESOURCE_ALIASES in gathered.ask_for and target.key is not None:
            values[RESOURCE_ALIASES] = self._aliases(target.key)
        session = standing.caller.session
        if session is not None and session.mfa_authenticated:
            values["aws:multifactorauthage"] = (str(max(0, int(facts.now - session.issued))),)
        request = Request(
            principal=standing.principal,
            action=target.action,
            resource=resource,
            resource_account=target.account,
            context=RequestContext.of_lowered(values),
            exact_encryption_context=facts.encryption_context
            if target.encryption_context is None
            else target.encryption_context,
        )
        policies = with_grants(gathered.policies, self._grants.of(standing, target))
        return Verdict(request=request, decision=policies.decide(request))

    def _bearing(self, caller: Caller, target: Target) -> Bearing:
        """Whose policies bear on the call."""
        is_aws_managed = target.key is not None and target.key.manager is KeyManager.AWS
        return Bearing(
            standing=self._standings.of(caller),
            resource=resource_policy(target, caller),
            # RCPs do not apply to AWS managed KMS keys ("Resource control policies (RCPs)").
            resource_control=() if is_aws_managed else self._organizations.place_of(target.account).resource_control,
        )

    def _known(self, bearing: Bearing) -> Gathered | None:
        """The policies that bear on the call; None if one of them has to be parsed first."""
        remembered = self._gathered.get((bearing.standing.caller.name_in_caches, bearing.resource))
        if remembered is not None and _is_same(remembered[0], bearing):
            return remembered[1]
        return self._compiled(bearing) if self._policies.knows(bearing.texts()) else None

    def _compiled(self, bearing: Bearing) -> Gathered:
        """The same, parsed if need be."""
        gathered = gather(bearing, self._policies.compile)
        if len(self._gathered) >= _REMEMBERED:
            self._gathered.clear()
        self._gathered[bearing.standing.caller.name_in_caches, bearing.resource] = (bearing, gathered)
        return gathered

    def _resource(self, target: Target) -> tuple[Arn | None, ContextValues]:
        """The resource, and the keys that follow from it."""
        key = target.key
        if key is None:
            arn = Arn.parse(target.resource) if target.resource else None
            of_role = lowered(context_of_role(target.role)) if target.role else {}
            return arn, of_role | self._organizations.place_of(target.account).of_resource if arn else of_role
        of_account = self._organizations.place_of(key.account).of_resource
        known = self._keys.get((key.region, key.key_id))
        if known is None or known.key is not key or known.of_account is not of_account:
            known = _KeyFacts(key, Arn.parse(key.arn), of_account, lowered(context_of_key(key)) | of_account)
            if len(self._keys) >= _REMEMBERED:
                self._keys.clear()
            self._keys[key.region, key.key_id] = known
        return known.arn, known.context

    def _days_without_use(self, key: Key, now: float) -> int:
        """The whole days since the key was last used for cryptography, or made if it never was."""
        use = self._last_uses.of(key.arn, since=key.created)
        return int(max(0.0, now - (use.moment if use else key.created)) // _DAY)

    def _aliases(self, key: Key) -> tuple[str, ...]:
        aliases = self._store.aliases(key.account, key.region, key_id=key.key_id, after=None, limit=_MOST_ALIASES)
        return tuple(alias.name for alias in aliases)


def _is_same(one: Bearing, other: Bearing) -> bool:
    """Whether the same policies bear, the resource's own apart; standings and levels are kept while they hold."""
    return one.standing is other.standing and one.resource_control is other.resource_control
