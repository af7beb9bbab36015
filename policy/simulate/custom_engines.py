"""The policies of one simulation made ready: each document compiled once, however many requests are tried on it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from policy.evaluate.compiled import CompiledPolicies
from policy.evaluate.compiled_document import CompiledDocument, compile_document
from policy.model.document import PolicyDocument, Statement
from policy.model.policies import PolicySet
from policy.model.reading import read_policy
from policy.simulate.context_keys import keys_of_statement
from policy.source import Source

_Documents = tuple[CompiledDocument, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """A statement that asks for context keys, in its document."""

    document: PolicyDocument
    statement: Statement
    keys: tuple[str, ...]


# A thing to ask, not a value.
@dataclass(frozen=True, slots=True, eq=False)
class Engines:
    """The sets of policies that a simulation asks: all together, the boundary by itself, each SCP level by itself."""

    policies: PolicySet
    asking: tuple[Asking, ...] = field(init=False)
    _identity: _Documents = field(init=False)
    _boundary: _Documents = field(init=False)
    _levels: tuple[_Documents, ...] = field(init=False)
    _resource: CompiledDocument | None = field(init=False)
    # By the owner of the resource: whose account's policy delegates where no ResourcePolicy is given.
    _whole: dict[str, CompiledPolicies] = field(init=False, default_factory=dict)
    _alone: dict[tuple[str, int], CompiledPolicies] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Compile the documents."""
        policies = self.policies
        made = {
            "asking": tuple(_asking(policies)),
            "_identity": _compiled(policies.identity),
            "_boundary": _compiled(policies.permissions_boundary),
            "_levels": tuple(_compiled(level.policies) for level in policies.service_control),
            "_resource": compile_document(policies.resource) if policies.resource is not None else None,
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def whole(self, owner: str) -> CompiledPolicies:
        """Everything that the simulation has to say about a resource of that account."""
        if owner not in self._whole:
            self._whole[owner] = CompiledPolicies(
                identity=self._identity,
                permissions_boundary=self._boundary,
                service_control=self._levels,
                resource=self._resource if self._resource is not None else _delegation(owner),
            )
        return self._whole[owner]

    def boundary(self, owner: str) -> CompiledPolicies:
        """The permissions boundary by itself."""
        return self._by_itself(owner, -1, self._boundary)

    def levels(self, owner: str) -> Iterator[CompiledPolicies]:
        """The SCPs of each level by themselves."""
        for number, documents in enumerate(self._levels):
            yield self._by_itself(owner, number, documents)

    def _by_itself(self, owner: str, number: int, documents: _Documents) -> CompiledPolicies:
        """As the policies of a user whose resources ask for no policy of their own."""
        known = self._alone.get((owner, number))
        if known is None:
            known = self._alone[owner, number] = CompiledPolicies(identity=documents, resource=_delegation(owner))
        return known


def _compiled(documents: tuple[PolicyDocument, ...]) -> _Documents:
    return tuple(map(compile_document, documents))


def _delegation(owner: str) -> CompiledDocument | None:
    """Without ResourcePolicy only the identity-based policies are tried, also for keys.

    "The simulation does not automatically retrieve policies for the specified resources": a key policy is taken to be
    the one that leaves everything to its account.
    """
    statement = f'{{"Effect": "Allow", "Principal": {{"AWS": "{owner}"}}, "Action": "*", "Resource": "*"}}'
    reading = read_policy(Source("default", f'{{"Version": "2012-10-17", "Statement": {statement}}}'))
    return compile_document(reading.document) if reading.document is not None else None


def _asking(policies: PolicySet) -> Iterator[Asking]:
    for document in (*policies.identity, *((policies.resource,) if policies.resource else ())):
        for statement in document.statements:
            keys = {key.lower(): key for key in keys_of_statement(statement, document.version)}
            if keys:
                yield Asking(document, statement, tuple(keys.values()))
