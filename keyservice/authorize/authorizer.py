"""Authorization: policies that bear on a call are gathered, the engine decides, a refusal is told in AWS's words."""

import asyncio
from dataclasses import dataclass, replace

from keyservice.auth.caller import Caller
from keyservice.authorize.context import (
    CallFacts,
    ContextValues,
    context_of_call,
    context_of_key,
    context_of_role,
    lowered,
)
from keyservice.authorize.documents import PolicyCache
from keyservice.authorize.grants import Grants, with_grants
from keyservice.authorize.standing import Gathered, Standing, Standings, gather
from keyservice.authorize.target import Target
from keyservice.errors import ACCESS_DENIED, ServiceError
from keyservice.model.key import Key
from keyservice.store.port import Store
from keyservice.values import call_value
from policy.evaluate.decision import Decision
from policy.explain.sentence import wire_sentence
from policy.model.arn import Arn
from policy.model.request import Request, RequestContext

_REMEMBERED = 4096  # keys, and pairs of a caller and the policy of a resource
_MOST_ALIASES = 10_000  # of a key that a policy may see: more than a customer may have in all (50 a key in AWS)


@call_value
class Verdict:
    """What the engine was asked, and what it decided."""

    request: Request
    decision: Decision

    def refusal(self) -> ServiceError:
        """The AccessDeniedException that tells the caller, in AWS's sentence."""
        return ACCESS_DENIED(message=wire_sentence(self.request, self.decision))


@dataclass(frozen=True, slots=True)
class _KeyFacts:
    """What policies may ask about a key as it is now; the ARN is parsed once."""

    key: Key
    arn: Arn
    context: ContextValues


class Authorizer:
    """Asks the engine. It reads identities and grants from the store, key and trust policies from the target."""

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._grants = Grants(store)
        self._standings = Standings(store, region)
        self._policies = PolicyCache()
        self._keys: dict[tuple[str, str], _KeyFacts] = {}
        self._gathered: dict[tuple[str, str | None], tuple[Standing, Gathered]] = {}

    async def decide(self, caller: Caller, target: Target, facts: CallFacts) -> Verdict:
        """Put one call before the engine. A policy that has not been seen yet is parsed off the event loop."""
        standing = self._standings.of(caller)
        gathered = self._known(standing, target)
        if gathered is None:
            gathered = await asyncio.to_thread(self._compiled, standing, target)
        return self._verdict(standing, target, facts, gathered)

    def would_allow(self, caller: Caller, target: Target, facts: CallFacts, key_policy: str) -> bool:
        """Whether the call would be allowed if the key had this policy: the lockout safety check's question."""
        if target.key is None:
            return False
        changed = replace(target, key=replace(target.key, policy=key_policy))
        standing = self._standings.of(caller)
        gathered = self._compiled(standing, changed)
        return self._verdict(standing, changed, facts, gathered).decision.is_allowed

    def _verdict(self, standing: Standing, target: Target, facts: CallFacts, gathered: Gathered) -> Verdict:
        resource, of_resource = self._resource(target)
        values = {**standing.context, **context_of_call(facts, target), **of_resource, **lowered(facts.offered)}
        if gathered.ask_for_aliases and target.key is not None:
            values["kms:resourcealiases"] = self._aliases(target.key)
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

    def _known(self, standing: Standing, target: Target) -> Gathered | None:
        """The policies that bear on the call; None if one of them has to be parsed first."""
        remembered = self._gathered.get((standing.caller.access_key_id, _resource_policy(target)))
        if remembered is not None and remembered[0] is standing:
            return remembered[1]
        texts = (*standing.identity, *standing.boundary, *standing.session, *_only(_resource_policy(target)))
        return self._compiled(standing, target) if self._policies.knows(texts) else None

    def _compiled(self, standing: Standing, target: Target) -> Gathered:
        """The same, parsed if need be."""
        compile_, text = self._policies.compile, _resource_policy(target)
        resource = compile_(_only(text))
        gathered = gather(
            compile_(standing.identity), compile_(standing.boundary), compile_(standing.session), resource
        )
        if len(self._gathered) >= _REMEMBERED:
            self._gathered.clear()
        self._gathered[standing.caller.access_key_id, text] = (standing, gathered)
        return gathered

    def _resource(self, target: Target) -> tuple[Arn | None, ContextValues]:
        """The resource, and the keys that follow from it."""
        key = target.key
        if key is None:
            arn = Arn.parse(target.resource) if target.resource else None
            return arn, lowered(context_of_role(target.role)) if target.role else {}
        known = self._keys.get((key.region, key.key_id))
        if known is None or known.key is not key:
            known = _KeyFacts(key, Arn.parse(key.arn), lowered(context_of_key(key)))
            if len(self._keys) >= _REMEMBERED:
                self._keys.clear()
            self._keys[key.region, key.key_id] = known
        return known.arn, known.context

    def _aliases(self, key: Key) -> tuple[str, ...]:
        aliases = self._store.aliases(key.account, key.region, key_id=key.key_id, after=None, limit=_MOST_ALIASES)
        return tuple(alias.name for alias in aliases)


def _resource_policy(target: Target) -> str | None:
    if target.key is not None:
        return target.key.policy
    return target.role.trust_policy if target.role is not None else None


def _only(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)
