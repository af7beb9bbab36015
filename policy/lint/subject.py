"""A policy as rules see it: flat lists of its actions, resources, principals and conditions, each with its place.

Values that cannot be known (an intrinsic function of a template) hold the character UNKNOWN. They are left out of the
flat lists, so that no rule finds fault with them; `is_partial` tells rules that look for what is missing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

from policy.catalogue.keys import KeyFacts, KeyType, key_type
from policy.catalogue.operators import Operator
from policy.lint.kms import every_kms_action, kms_matches
from policy.lint.rule import Part, Place
from policy.model.document import Condition, Effect, PolicyDocument, PrincipalKind, Statement
from policy.model.kinds import PolicyKind
from policy.operators.action import prepare_action
from policy.operators.table import OPERATORS

# A private-use character that no policy holds.
UNKNOWN = "\ue000"

_VARIABLE = re.compile(r"\$\{[^}]*\}")


_key_facts = lru_cache(maxsize=4096)(key_type)
_matcher = lru_cache(maxsize=4096)(prepare_action)


@dataclass(frozen=True, slots=True, eq=False)
class TextValue:
    """One value of an Action or Resource element, or of its Not form."""

    statement: "StatementFacts"
    part: Part
    index: int
    text: str
    negated: bool

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.statement.index, self.part, self.index)


@dataclass(frozen=True, slots=True, eq=False)
class PrincipalValue:
    """One principal of a Principal or NotPrincipal element."""

    statement: "StatementFacts"
    index: int
    kind: PrincipalKind
    text: str
    negated: bool

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.statement.index, Part.PRINCIPAL, self.index)

    @property
    def is_everyone(self) -> bool:
        """`"*"` or `{"AWS": "*"}`."""
        return self.text == "*" and self.kind in (PrincipalKind.EVERYONE, PrincipalKind.AWS)

    @property
    def identity(self) -> tuple[str, str]:
        """What the value stands for: an account's id and its root ARN are the same."""
        return self.kind, self.account or self.text

    @property
    def account(self) -> str | None:
        """The account, if the principal is an account as a whole: its root ARN or its bare id."""
        return account_named(self.text) if self.kind is PrincipalKind.AWS else None


def _may_be_of(beginning: str, service: str) -> bool:
    """Whether a pattern that begins so may be of a service: most are of others, and need no more of a look."""
    return beginning == service or "*" in beginning or "?" in beginning or beginning.lower() == service


def account_named(text: str) -> str | None:
    """The account that a principal value names as a whole."""
    if len(text) == 12 and text.isdecimal():
        return text
    parts = text.split(":")
    return parts[4] if len(parts) == 6 and parts[2] == "iam" and parts[5] == "root" else None


@dataclass(frozen=True, eq=False)
class ConditionFacts:
    """One entry of a Condition block; `key` is in lower case, `facts` are None for a key that is not known."""

    statement: "StatementFacts"
    index: int
    condition: Condition
    key: str
    facts: KeyFacts | None

    @property
    def place(self) -> Place:
        """Where the entry stands."""
        return Place(self.statement.index, Part.CONDITION, self.index)

    @property
    def operator(self) -> Operator:
        """The operator without qualifier and IfExists."""
        return self.condition.operator

    @property
    def is_negated(self) -> bool:
        """Whether the operator asks that values do not match."""
        row = OPERATORS.get(self.condition.operator)
        return row is not None and row.negated

    @cached_property
    def values(self) -> tuple[tuple[str, Place], ...]:
        """The known values, each with its place."""
        return tuple(
            (text, Place(self.statement.index, Part.CONDITION, self.index, index))
            for index, text in enumerate(self.condition.values)
            if UNKNOWN not in text
        )

    @property
    def is_known(self) -> bool:
        """Whether every value is known."""
        return len(self.values) == len(self.condition.values)

    @property
    def restricts(self) -> bool:
        """Whether the entry asks that the key has one of its values; operators that an absent key satisfies do not."""
        if self.operator is Operator.NULL or self.is_negated or self.condition.if_exists:
            return False
        return self.condition.qualifier != "ForAllValues"


@dataclass(frozen=True, slots=True)
class TextSet:
    """The values of an element, for comparing them with others: which are patterns, and how those begin."""

    texts: frozenset[str]
    negated: bool
    patterns: tuple[str, ...]
    beginnings: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str], *, negated: bool) -> Self:
        """The set of some values."""
        unique = frozenset(texts)
        patterns = tuple([text for text in unique if "*" in text])
        return cls(unique, negated, patterns, tuple({text.partition("*")[0] for text in patterns}))


class StatementFacts:
    """A statement, and what follows from it."""

    def __init__(self, index: int, statement: Statement) -> None:
        self.index = index
        self.statement = statement
        self.is_allow = statement.effect is Effect.ALLOW
        self.place = Place(index)
        actions, resources, principals = statement.actions, statement.resources, statement.principals
        self.actions = self._texts(Part.ACTION, actions.values, actions.negated) if actions else ()
        self.resources = self._texts(Part.RESOURCE, resources.values, resources.negated) if resources else ()
        self.principals = (
            tuple(
                [
                    PrincipalValue(self, position, entry.kind, entry.value, principals.negated)
                    for position, entry in enumerate(principals.entries)
                ]
            )
            if principals
            else ()
        )
        self.conditions = tuple(
            [
                ConditionFacts(self, position, condition, condition.key.lower(), _key_facts(condition.key))
                for position, condition in enumerate(statement.conditions)
            ]
        )

    def _texts(self, part: Part, values: tuple[str, ...], negated: bool) -> tuple[TextValue, ...]:
        return tuple([TextValue(self, part, index, text, negated) for index, text in enumerate(values)])

    @cached_property
    def is_partial(self) -> bool:
        """Whether something in the statement cannot be known."""
        values: tuple[TextValue | PrincipalValue, ...] = (*self.actions, *self.resources, *self.principals)
        return any(UNKNOWN in value.text for value in values) or any(
            UNKNOWN in entry.key or not entry.is_known for entry in self.conditions
        )

    @cached_property
    def kms_actions(self) -> frozenset[str]:
        """The actions of AWS KMS that the statement is about."""
        if not self.actions:
            return frozenset()
        named = frozenset[str]().union(*[kms_matches(value.text) for value in self.actions])
        return every_kms_action() - named if self.actions[0].negated else named

    def covers_action(self, action: str) -> bool:
        """Whether the statement is about an action (`iam:PassRole`) of any service, named or by a pattern."""
        if not self.actions:
            return False
        service = f"{action.partition(':')[0]}:"
        named = any(
            _may_be_of(value.text[: len(service)], service) and _matcher(value.text)(action) for value in self.actions
        )
        return named is not self.actions[0].negated

    @cached_property
    def is_every_action(self) -> bool:
        """Whether it is `*` for all actions."""
        return any(value.text in {"*", "*:*"} and not value.negated for value in self.actions)

    @cached_property
    def is_everywhere(self) -> bool:
        """Whether it is about every resource, or all but some."""
        return any(value.negated or value.text == "*" for value in self.resources)

    @cached_property
    def action_texts(self) -> TextSet:
        """The actions, which are not sensitive to case."""
        negated = bool(self.actions) and self.actions[0].negated
        return TextSet.of([value.text.lower() for value in self.actions], negated=negated)

    @cached_property
    def resource_texts(self) -> TextSet:
        """The resources."""
        negated = bool(self.resources) and self.resources[0].negated
        return TextSet.of([value.text for value in self.resources], negated=negated)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The condition keys, in lower case."""
        return frozenset(entry.key for entry in self.conditions)

    @cached_property
    def identities(self) -> frozenset[tuple[str, str]]:
        """What the principals stand for."""
        return frozenset([value.identity for value in self.principals])

    @cached_property
    def is_open(self) -> bool:
        """Whether everyone is its principal."""
        return any(value.is_everyone and not value.negated for value in self.principals)

    def restricting(self, *prefixes: str) -> Iterator[ConditionFacts]:
        """The entries that ask something of a key with one of the prefixes (in lower case)."""
        return (entry for entry in self.conditions if entry.restricts and entry.key.startswith(prefixes))

    @property
    def title(self) -> str:
        """How a message names the statement."""
        return f"`{self.statement.sid}`" if self.statement.sid else f"statement {self.index + 1}"


@dataclass(frozen=True, slots=True)
class ArnText:
    """An ARN of a policy, perhaps a pattern; `parts` are its six segments."""

    text: str
    place: Place
    parts: tuple[str, ...]


class Policy:
    """A policy, and what rules ask of it."""

    def __init__(
        self, document: PolicyDocument, kind: PolicyKind | None, *, is_stated: bool = False, is_partial: bool = False
    ) -> None:
        self.document = document
        self.kind = kind
        # A kind that was guessed leaves room for an excerpt: what is missing may stand elsewhere.
        self.is_stated = is_stated
        self.statements = tuple([StatementFacts(index, each) for index, each in enumerate(document.statements)])
        self.actions = _known(value for each in self.statements for value in each.actions)
        self.resources = _known(value for each in self.statements for value in each.resources)
        self.principals = tuple(
            [value for each in self.statements for value in each.principals if UNKNOWN not in value.text]
        )
        self.conditions = tuple(
            [entry for each in self.statements for entry in each.conditions if UNKNOWN not in entry.key]
        )
        # Whether whole statements may be there that are not known.
        self.has_gaps = is_partial

    @cached_property
    def is_partial(self) -> bool:
        """Whether something in the policy cannot be known."""
        return self.has_gaps or any(each.is_partial for each in self.statements)

    @cached_property
    def length(self) -> int:
        """About how many characters the values have."""
        values: tuple[TextValue | PrincipalValue, ...] = (*self.actions, *self.resources, *self.principals)
        return sum(len(value.text) for value in values) + sum(
            len(text) for entry in self.conditions for text in entry.condition.values
        )

    @cached_property
    def arns(self) -> tuple[ArnText, ...]:
        """The ARNs with six segments in principals, resources, and conditions on keys that hold ARNs."""
        texts = [(value.text, value.place) for value in self.resources]
        texts += [(value.text, value.place) for value in self.principals if value.kind is PrincipalKind.AWS]
        for entry in self.conditions:
            if entry.facts is not None and entry.facts.type is KeyType.ARN and entry.operator is not Operator.NULL:
                texts += entry.values
        # The colons in a variable's name are not the ARN's.
        plain = ((text, _VARIABLE.sub("${}", text) if "${" in text else text, place) for text, place in texts)
        split = ((text, place, tuple(bare.split(":", 5))) for text, bare, place in plain if bare.startswith("arn:"))
        return tuple([ArnText(text, place, parts) for text, place, parts in split if len(parts) == 6])

    @cached_property
    def allows(self) -> tuple[StatementFacts, ...]:
        """The Allow statements."""
        return tuple(each for each in self.statements if each.is_allow)


def _known(values: Iterator[TextValue]) -> tuple[TextValue, ...]:
    return tuple([value for value in values if UNKNOWN not in value.text])
