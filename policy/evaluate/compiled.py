"""The compiled engine: the same decisions as `reference`, at a cost that follows the statements that could match.

Each document is compiled once, wherever it stands. The first request with a new question (who, which action, which
resource) is led through the indexes to a plan; the next ones only have their context tested.
"""

from collections import Counter
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

    def decide(self, request: Request) -> Decision:
        """Decide a request, as `reference.decide` does."""
        question = ask(request)
        plan = self._plans.get(question) or self._plan(question)
        return plan.decide(request)

    def decide_many(self, requests: Iterable[Request]) -> list[Decision]:
        """Decide many requests; the decisions stand in the requests' order."""
        decide = self.decide
        return [decide(request) for request in requests]

    def _plan(self, question: Question) -> Plan:
        resource_control = self.resource_control if question.is_bound_by_rcps else ()
        service_control = self.service_control if question.is_bound_by_scps else ()
        stations = [
            *_levels(Layer.RESOURCE_CONTROL, resource_control),
            *_levels(Layer.SERVICE_CONTROL, service_control),
            *([(Station(Layer.VPC_ENDPOINT), self.vpc_endpoint)] if self.vpc_endpoint else []),
        ]
        setting = Setting(
            question=question,
            guardrails=tuple(station for station, _ in stations),
            has_boundary=bool(self.permissions_boundary),
            has_session=bool(self.session),
            has_issued_grant=question.is_retiring and self.grants.has_issued(question),
        )
        stations += [
            (Station(Layer.RESOURCE), (self.resource,) if self.resource else ()),
            (Station(Layer.IDENTITY), self.identity),
            (Station(Layer.PERMISSIONS_BOUNDARY), self.permissions_boundary),
            (Station(Layer.SESSION), self.session),
        ]
        plan = Plan(
            setting=setting,
            statements=tuple(self._statements(question, stations)),
            grants=tuple(self.grants.candidates(question)),
        )
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        self._plans[question] = plan
        return plan

    def _statements(
        self, question: Question, stations: Iterable[tuple[Station, Documents]]
    ) -> Iterator[tuple[Applying, tuple[ConditionTest, ...]]]:
        """The candidates of all documents, in the order of the layers."""
        policies: Counter[Layer] = Counter()
        for station, documents in stations:
            layer = station.layer
            use = self._use_in(layer)
            for document in documents:
                for candidate in document.candidates(question, use):
                    statement, index = candidate.statement.statement, candidate.statement.index
                    where = Determining(layer=layer, policy=policies[layer], index=index, statement=statement)
                    yield Applying(where, station, candidate.match), candidate.tests
                policies[layer] += 1

    def _use_in(self, layer: Layer) -> Use:
        if layer is not Layer.RESOURCE:
            return Use.PLAIN
        return Use.RESOURCE_BOUNDED if self.permissions_boundary else Use.RESOURCE


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


def _levels(layer: Layer, levels: Iterable[Documents]) -> list[tuple[Station, Documents]]:
    return [(Station(layer, level), documents) for level, documents in enumerate(levels)]
