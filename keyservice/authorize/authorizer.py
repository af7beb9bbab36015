"""Authorization: policies that bear on a call are gathered, the engine decides, a refusal is told in AWS's words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from keyservice.auth.caller import Caller, CallerKind
from keyservice.authorize.context import (
    CallFacts,
    ContextValues,
    context_of_call,
    context_of_caller,
    context_of_resource,
    principal_of,
)
from keyservice.authorize.documents import document_of
from keyservice.authorize.target import Target
from keyservice.errors import ACCESS_DENIED, ServiceError
from keyservice.model.identity import NamedPolicy, Role, User
from keyservice.store.port import Store
from policy.evaluate.decision import Decision
from policy.evaluate.reference import decide
from policy.explain.sentence import wire_sentence
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.policies import PolicySet
from policy.model.request import Request, RequestContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the engine was asked, what it was asked with, and what it decided."""

    request: Request
    policies: PolicySet
    decision: Decision

    def refusal(self) -> ServiceError:
        """The AccessDeniedException that tells the caller, in AWS's sentence."""
        return ACCESS_DENIED(message=wire_sentence(self.request, self.decision))


@dataclass(frozen=True, slots=True)
class _Identity:
    """A caller's own policies and tags, as the directory has them."""

    policies: tuple[PolicyDocument, ...]
    boundary: tuple[PolicyDocument, ...]
    tags: dict[str, str]


class Authorizer:
    """Asks the engine. It reads identities from the store, and key and trust policies from the target."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def decide(self, caller: Caller, target: Target, facts: CallFacts) -> Verdict:
        """Put one call before the engine."""
        identity = self._identity(caller)
        values: ContextValues = {
            **context_of_caller(caller, identity.tags),
            **context_of_call(facts, target),
            **context_of_resource(target),
            **facts.offered,
        }
        policies = PolicySet(
            identity=identity.policies,
            permissions_boundary=identity.boundary,
            session=tuple(document_of(text, "session policy") for text in _session_policies(caller)),
            resource=_resource_policy(target),
        )
        request = Request(
            principal=principal_of(caller),
            action=target.action,
            resource=Arn.parse(target.resource) if target.resource else None,
            resource_account=target.account,
            context=RequestContext(self._with_aliases(values, target)),
            exact_encryption_context=facts.encryption_context,
        )
        return Verdict(request=request, policies=policies, decision=decide(request, policies))

    def would_allow(self, caller: Caller, target: Target, facts: CallFacts, key_policy: str) -> bool:
        """Whether the call would be allowed if the key had this policy: the lockout safety check's question."""
        if target.key is None:
            return False
        changed = replace(target, key=replace(target.key, policy=key_policy))
        return self.decide(caller, changed, facts).decision.is_allowed

    def _with_aliases(self, values: ContextValues, target: Target) -> ContextValues:
        key = target.key
        if key is not None:
            aliases = self._store.aliases(key.account, key.region, key_id=key.key_id, after=None, limit=50)
            values["kms:ResourceAliases"] = tuple(alias.name for alias in aliases)
        return values

    def _identity(self, caller: Caller) -> _Identity:
        match caller.kind:
            case CallerKind.USER:
                user = self._store.user(caller.account, caller.name or "")
                return self._of_user(user) if user else _Identity((), (), {})
            case CallerKind.ROLE_SESSION:
                role = self._store.role(caller.account, caller.name or "")
                return _of_role(role, caller) if role else _Identity((), (), {})
            case _:
                return _Identity((), (), {})

    def _of_user(self, user: User) -> _Identity:
        groups = (self._store.group(user.account, name) for name in user.groups)
        policies = [*user.policies, *(policy for group in groups if group for policy in group.policies)]
        return _Identity(_documents(policies), _boundary(user.permissions_boundary), dict(user.tags))


def _of_role(role: Role, caller: Caller) -> _Identity:
    # A session tag takes the place of the role's tag of that key (IAM User Guide, "Pass session tags in AWS STS").
    tags = {**role.tags, **(caller.session.tags if caller.session else {})}
    return _Identity(_documents(role.policies), _boundary(role.permissions_boundary), tags)


def _documents(policies: Iterable[NamedPolicy]) -> tuple[PolicyDocument, ...]:
    return tuple(document_of(policy.document, policy.name) for policy in policies)


def _boundary(text: str | None) -> tuple[PolicyDocument, ...]:
    return (document_of(text, "permissions boundary"),) if text else ()


def _session_policies(caller: Caller) -> tuple[str, ...]:
    return caller.session.session_policies if caller.session else ()


def _resource_policy(target: Target) -> PolicyDocument | None:
    if target.key is not None:
        return document_of(target.key.policy, "key policy")
    if target.role is not None:
        return document_of(target.role.trust_policy, "trust policy")
    return None
