"""A world compiled: every document once, however many identities hold it."""

from collections.abc import Iterable

from policy.evaluate.compiled import CompiledPolicies
from policy.evaluate.compiled_document import CompiledDocument, compile_document
from policy.evaluate.compiled_grants import NO_GRANTS, CompiledGrants, compile_grants
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.grant import Grant
from policy.model.policies import OrganizationLevel, PolicySet
from policy.model.principal import Principal
from policy.model.request import Request
from policy.simulate.world import World

Documents = tuple[CompiledDocument, ...]


class CompiledWorld:
    """Compiles what is asked for, and keeps it.

    Documents are told apart by identity, which costs nothing; each is held beside what was made of it, so that its
    identity is never another's.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._documents: dict[int, tuple[PolicyDocument, CompiledDocument]] = {}
        self._grants: dict[int, tuple[tuple[Grant, ...], CompiledGrants]] = {}

    def policies(self, principal: Principal, action: str, resource: Arn | None) -> CompiledPolicies:
        """Everything that bears on a caller's requests about a resource; the action does not matter for it."""
        return self.compile(self.world.policies_for(Request(principal=principal, action=action, resource=resource)))

    def compile(self, policies: PolicySet) -> CompiledPolicies:
        """A set of policies, its documents compiled once."""
        return CompiledPolicies(
            identity=self._all(policies.identity),
            resource=self.document(policies.resource) if policies.resource is not None else None,
            session=self._all(policies.session),
            permissions_boundary=self._all(policies.permissions_boundary),
            service_control=self._levels(policies.service_control),
            resource_control=self._levels(policies.resource_control),
            vpc_endpoint=self._all(policies.vpc_endpoint),
            grants=self._compiled_grants(policies.grants),
        )

    def document(self, document: PolicyDocument) -> CompiledDocument:
        """One document, compiled."""
        held = self._documents.get(id(document))
        if held is None:
            held = self._documents[id(document)] = (document, compile_document(document))
        return held[1]

    def _all(self, documents: Iterable[PolicyDocument]) -> Documents:
        return tuple([self.document(document) for document in documents])

    def _levels(self, levels: Iterable[OrganizationLevel]) -> tuple[Documents, ...]:
        return tuple([self._all(level.policies) for level in levels])

    def _compiled_grants(self, grants: tuple[Grant, ...]) -> CompiledGrants:
        if not grants:
            return NO_GRANTS
        held = self._grants.get(id(grants))
        if held is None:
            held = self._grants[id(grants)] = (grants, compile_grants(grants))
        return held[1]
