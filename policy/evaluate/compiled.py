"""The compiled engine: the same decisions as `reference`, at a cost that follows the statements that could match.

Each document is compiled once, wherever it stands. The first request with a new question (who, which action, which
resource) is led through the indexes to a plan; the next ones only have their context tested.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from policy.evaluate.compiled_document import CompiledDocument, compile_document
from policy.evaluate.compiled_grants import NO_GRANTS, CompiledGrants, compile_grants
from policy.evaluate.conclusion import Applying, Setting, Station
from policy.evaluate.decision import Decision, Determining
from policy.evaluate.plan import Plan
from policy.evaluate.prepared import Use
from policy.evaluate.question import Question, ask
from policy.model.document import PolicyDocument
from policy.model.policies import Layer, OrganizationLevel, PolicySet
from policy.model.request import Request
from policy.operators.condition import ConditionTest

_PLANS = 1_024
_COMBINATIONS = 1_024

Documents = tuple[CompiledDocument, ...]

# Each of their stations must allow.
_GUARDRAILS = (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL, Layer.VPC_ENDPOINT)


# Compared by identity: a set of compiled policies is a thing to ask, not a value.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledPolicies:
    """A `PolicySet`, compiled. It never changes but for what it remembers, and many threads may ask it at once.

    The control policies are grouped by the levels of the organisation, each of which must allow.
    """

    identity: Documents = ()
    resource: CompiledDocument | None = None
    session: Documents = ()
    permissions_boundary: Documents = ()
    service_control: tuple[Documents, ...] = ()
    resource_control: tuple[Documents, ...] = ()
    vpc_endpoint: Documents = ()
    grants: CompiledGrants = NO_GRANTS
    # Invariant: a plan is a function of its question, so it does not matter which thread writes it.
    _plans: dict[Question, Plan] = field(init=False, repr=False, default_factory=dict)
    _posts: "tuple[_Post, ...]" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_posts", tuple(_posts(self)))

    def decide(self, request: Request) -> Decision:
        """Decide a request, as `reference.decide` does."""
        question = ask(request)
        plan = self._plans.get(question) or self._plan(question)
        return plan.decide(request)

    def plan(self, question: Question) -> Plan:
        """What the policies have to say to a question, whatever the context."""
        return self._plans.get(question) or self._plan(question)

    def decide_many(self, requests: Iterable[Request]) -> list[Decision]:
        """Decide many requests; the decisions stand in the requests' order."""
        decide = self.decide
        return [decide(request) for request in requests]

    def _plan(self, question: Question) -> Plan:
        posts = [post for post in self._posts if post.station.layer not in question.unbinding]
        setting = Setting(
            question=question,
            guardrails=tuple([post.station for post in posts if post.station.layer in _GUARDRAILS]),
            has_boundary=bool(self.permissions_boundary),
            has_session=bool(self.session),
            has_issued_grant=question.is_retiring and self.grants.has_issued(question),
        )
        plan = Plan(
            setting=setting,
            statements=tuple([item for post in posts for item in post.candidates(question)]),
            grants=tuple(self.grants.candidates(question)),
        )
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[question] = plan
        return plan


@dataclass(frozen=True, slots=True)
class _Post:
    """The documents of one station; `first` is the number of the first one in its layer."""

    station: Station
    documents: Documents
    first: int = 0
    use: Use = Use.PLAIN

    def candidates(self, question: Question) -> Iterator[tuple[Applying, tuple[ConditionTest, ...]]]:
        """What of the documents could apply, in order."""
        layer = self.station.layer
        for policy, document in enumerate(self.documents, self.first):
            for prepared, match, tests in document.candidates(question, self.use):
                where = Determining(layer=layer, policy=policy, index=prepared.index, statement=prepared.statement)
                yield Applying(where, self.station, match), tests


def _posts(policies: CompiledPolicies) -> Iterator[_Post]:
    """The stations that have policies, in the order in which `reference` goes through them."""
    yield from _level_posts(Layer.RESOURCE_CONTROL, policies.resource_control)
    yield from _level_posts(Layer.SERVICE_CONTROL, policies.service_control)
    if policies.vpc_endpoint:
        yield _Post(Station(Layer.VPC_ENDPOINT), policies.vpc_endpoint)
    if policies.resource:
        use = Use.RESOURCE_BOUNDED if policies.permissions_boundary else Use.RESOURCE
        yield _Post(Station(Layer.RESOURCE), (policies.resource,), use=use)
    if policies.identity:
        yield _Post(Station(Layer.IDENTITY), policies.identity)
    if policies.permissions_boundary:
        yield _Post(Station(Layer.PERMISSIONS_BOUNDARY), policies.permissions_boundary)
    if policies.session:
        yield _Post(Station(Layer.SESSION), policies.session)


def _level_posts(layer: Layer, levels: Iterable[Documents]) -> Iterator[_Post]:
    first = 0
    for documents in levels:
        yield _Post(Station(layer), documents, first)
        first += len(documents)


def compile_policies(policies: PolicySet) -> CompiledPolicies:
    """Compile everything that bears on a request."""
    return CompiledPolicies(
        identity=_compile_all(policies.identity),
        resource=compile_document(policies.resource) if policies.resource is not None else None,
        session=_compile_all(policies.session),
        permissions_boundary=_compile_all(policies.permissions_boundary),
        service_control=_compile_levels(policies.service_control),
        resource_control=_compile_levels(policies.resource_control),
        vpc_endpoint=_compile_all(policies.vpc_endpoint),
        grants=compile_grants(policies.grants),
    )


def combine(
    *,
    identity: Documents = (),
    resource: CompiledDocument | None = None,
    session: Documents = (),
    permissions_boundary: Documents = (),
    service_control: tuple[Documents, ...] = (),
    resource_control: tuple[Documents, ...] = (),
    vpc_endpoint: Documents = (),
    grants: CompiledGrants = NO_GRANTS,
) -> CompiledPolicies:
    """Put compiled documents together. Cheap enough for each request: the same ones give the same set and its plans."""
    return _combine(
        identity, resource, session, permissions_boundary, service_control, resource_control, vpc_endpoint, grants
    )


@lru_cache(maxsize=_COMBINATIONS)
def _combine(
    identity: Documents,
    resource: CompiledDocument | None,
    session: Documents,
    permissions_boundary: Documents,
    service_control: tuple[Documents, ...],
    resource_control: tuple[Documents, ...],
    vpc_endpoint: Documents,
    grants: CompiledGrants,
) -> CompiledPolicies:
    return CompiledPolicies(
        identity=identity,
        resource=resource,
        session=session,
        permissions_boundary=permissions_boundary,
        service_control=service_control,
        resource_control=resource_control,
        vpc_endpoint=vpc_endpoint,
        grants=grants,
    )


def _compile_all(documents: Iterable[PolicyDocument]) -> Documents:
    return tuple(compile_document(document) for document in documents)


def _compile_levels(levels: Iterable[OrganizationLevel]) -> tuple[Documents, ...]:
    return tuple(_compile_all(level.policies) for level in levels)
