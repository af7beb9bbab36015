"""One policy document, compiled: indexed, its statements prepared when a question first reaches them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from policy.evaluate.index import StatementIndex, index_statements
from policy.evaluate.prepared import PreparedStatement, Use
from policy.evaluate.principals import Match
from policy.evaluate.question import Question
from policy.model.document import PolicyDocument
from policy.operators.condition import ConditionTest


class Candidate(NamedTuple):
    """A statement that applies to a question if its tests of the context all hold."""

    statement: PreparedStatement
    match: Match
    tests: tuple[ConditionTest, ...]


# Compared by identity, so that what is compiled can be a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class CompiledDocument:
    """A document ready to be asked. It never changes, but for the statements it prepares; many threads may ask it."""

    document: PolicyDocument
    _index: StatementIndex = field(repr=False)
    # Invariant: a prepared statement is a function of its position, so it does not matter which thread writes it.
    _prepared: list[PreparedStatement | None] = field(repr=False)

    def candidates(self, question: Question, use: Use) -> Iterator[Candidate]:
        """The statements that apply if their conditions hold, in their order."""
        for position in self._index.find(question):
            statement = self._prepared[position] or self._prepare(position)
            match = statement.match_caller(question, use)
            if not match or not statement.covers_action(question):
                continue
            resource = statement.resource_test(question)
            if resource is not False:
                yield Candidate(statement, match, statement.tests if resource is True else (resource, *statement.tests))

    def _prepare(self, position: int) -> PreparedStatement:
        prepared = PreparedStatement.prepare(self.document, position)
        self._prepared[position] = prepared
        return prepared


def compile_document(document: PolicyDocument) -> CompiledDocument:
    """Compile a document once, for any layer it may stand in."""
    return CompiledDocument(
        document=document,
        _index=index_statements(document.statements),
        _prepared=[None] * len(document.statements),
    )
