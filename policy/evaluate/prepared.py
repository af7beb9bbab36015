"""One statement, prepared: its elements as look-ups and matchers, its conditions as tests of the context.

Says the same as `statements` and `principals`, whose definitions it is tested against.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from policy.evaluate.principal_keys import Key, keys_of_entries
from policy.evaluate.principals import Match, match_principals
from policy.evaluate.question import Question
from policy.model.document import Patterns, PolicyDocument, Statement, Version
from policy.operators.action import prepare_action
from policy.operators.condition import ConditionTest, prepare_condition
from policy.operators.family import Context
from policy.operators.resource import ResourceTest, prepare_resource

_COLONS_OF_ARN = 5


class Use(IntEnum):
    """What a document is used as: this decides what its Principal elements mean."""

    PLAIN = 0
    """An identity-based policy, boundary, session, control or endpoint policy."""
    RESOURCE = 1
    """A resource-based policy."""
    RESOURCE_BOUNDED = 2
    """A resource-based policy, for a caller who has a permissions boundary."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """The values of an Action or Resource element: whole texts, patterns, and patterns with variables."""

    exact: frozenset[str]
    patterns: tuple[Callable[[str], bool], ...]
    variable: tuple[ResourceTest, ...]
    negated: bool

    def covers(self, text: str) -> bool:
        """Whether a value, or none if negated, is of the text; variables left out."""
        if text in self.exact:
            return not self.negated
        for matches in self.patterns:
            if matches(text):
                return not self.negated
        return self.negated

    def test(self, text: str) -> ConditionTest | bool:
        """The same with variables: a test of the context, unless the others settle it."""
        found = self.covers(text) is not self.negated
        if found or not self.variable:
            return found is not self.negated
        tests, negated = self.variable, self.negated

        def test(context: Context) -> bool:
            return any(test(text, context) for test in tests) is not negated

        return test


@dataclass(frozen=True, slots=True, eq=False)
class PreparedStatement:
    """A statement whose parts are ready to be asked."""

    statement: Statement
    index: int
    actions: Texts | None
    resources: Texts | None
    keys: frozenset[Key]
    tests: tuple[ConditionTest, ...]

    @classmethod
    def prepare(cls, document: PolicyDocument, index: int) -> Self:
        """Prepare the statement that stands at an index of the document."""
        statement = document.statements[index]
        principals = statement.principals
        return cls(
            statement=statement,
            index=index,
            actions=_prepare_actions(statement.actions),
            resources=_prepare_resources(statement.resources, document.version),
            keys=keys_of_entries(principals.entries) if principals and not principals.negated else frozenset(),
            tests=tuple(prepare_condition(condition, document.version) for condition in statement.conditions),
        )

    def match_caller(self, question: Question, use: Use) -> Match:
        """How the Principal or NotPrincipal element matches the caller."""
        principals = self.statement.principals
        if principals is None:
            return Match.EVERYONE if use is Use.PLAIN else Match.NONE
        if principals.negated:
            has_boundary = use is Use.RESOURCE_BOUNDED
            return match_principals(principals, question.principal, self.statement.effect, has_boundary=has_boundary)
        for key, match in question.caller_keys:
            if key in self.keys:
                return match
        return Match.NONE

    def covers_action(self, question: Question) -> bool:
        """Whether the Action or NotAction element covers the action."""
        return self.actions is not None and self.actions.covers(question.action)

    def resource_test(self, question: Question) -> ConditionTest | bool:
        """Whether the Resource or NotResource element covers the resource; a test if that depends on the context."""
        if self.resources is None:
            is_role = question.resource is not None and question.resource.is_iam_role
            return self.statement.principals is not None and is_role
        return self.resources.test(question.resource_text)


def _prepare_actions(element: Patterns | None) -> Texts | None:
    if element is None:
        return None
    values = [value.lower() for value in element.values]
    return Texts(
        exact=frozenset(value for value in values if not _has_wildcard(value)),
        patterns=tuple(prepare_action(value) for value in values if _has_wildcard(value)),
        variable=(),
        negated=element.negated,
    )


def _prepare_resources(element: Patterns | None, version: Version) -> Texts | None:
    if element is None:
        return None
    # A whole ARN without wildcards and variables matches itself and nothing else.
    exact: list[str] = []
    patterns: list[Callable[[str], bool]] = []
    variable: list[ResourceTest] = []
    for value in element.values:
        if version is Version.CURRENT and "${" in value:
            variable.append(prepare_resource(value, version))
        elif _has_wildcard(value) or value.count(":") < _COLONS_OF_ARN:
            patterns.append(_without_context(prepare_resource(value, version)))
        else:
            exact.append(value)
    return Texts(exact=frozenset(exact), patterns=tuple(patterns), variable=tuple(variable), negated=element.negated)


def _without_context(test: ResourceTest) -> Callable[[str], bool]:
    return lambda resource: test(resource, {})


def _has_wildcard(pattern: str) -> bool:
    """Whether a pattern stands for more than itself."""
    return "*" in pattern or "?" in pattern
