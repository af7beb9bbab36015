"""The index of a document: which of its statements could match a question, without looking at the others.

Statements are filed three times, by Action, Resource and Principal. A question follows the rarest of its three finds,
so that the cost follows the statements that could match. The index only leaves out what cannot match; the statements
decide.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

from policy.evaluate.principal_keys import CallerKeys, Key, keys_of_entry
from policy.evaluate.question import Question
from policy.model.document import Patterns, Principals, Statement

Positions = Sequence[int]
"""Where statements stand in their document, from 0."""

Name = TypeVar("Name")

# What need not stand for itself: a wildcard, or a policy variable, from `${` up to some `}`.
_OPENING = ("*", "?", "${")
_CLOSING = ("*", "?", "}")

# So few statements are sooner asked than another index is.
FEW = 4


@dataclass(frozen=True, slots=True)
class TextIndex:
    """Statements by the patterns of an element: by the whole text, or by the longer of a pattern's literal ends."""

    exact: Mapping[str, Positions]
    beginnings: Mapping[str, Positions]
    endings: Mapping[str, Positions]
    unfiled: Positions
    """Statements without the element, or with its Not form: they could match anything."""
    beginning_lengths: tuple[int, ...] = field(init=False)
    ending_lengths: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "beginning_lengths", tuple(sorted({len(text) for text in self.beginnings})))
        object.__setattr__(self, "ending_lengths", tuple(sorted({len(text) for text in self.endings})))

    def find(self, text: str) -> list[Positions]:
        """The statements that could match the text."""
        found = [self.unfiled, self.exact.get(text, ())]
        for length in self.beginning_lengths:
            if length > len(text):
                break
            found.append(self.beginnings.get(text[:length], ()))
        for length in self.ending_lengths:
            if length > len(text):
                break
            found.append(self.endings.get(text[-length:], ()))
        return found


@dataclass(frozen=True, slots=True)
class PrincipalIndex:
    """Statements by the keys of their principals."""

    named: Mapping[Key, Positions]
    unfiled: Positions
    """Statements without a Principal element, or with NotPrincipal."""

    def find(self, caller_keys: CallerKeys) -> list[Positions]:
        """The statements that could match a caller with these keys."""
        named = self.named
        return [self.unfiled, *[named[key] for key, _ in caller_keys if key in named]]


@dataclass(frozen=True, slots=True)
class StatementIndex:
    """The three indexes of a document."""

    actions: TextIndex
    resources: TextIndex
    principals: PrincipalIndex

    def find(self, question: Question) -> list[int]:
        """The statements that could match the question, in their order."""
        rarest = self.principals.find(question.caller_keys)
        if _count(rarest) > FEW:
            rarest = min(rarest, self.resources.find(question.resource_text), key=_count)
        if _count(rarest) > FEW:
            rarest = min(rarest, self.actions.find(question.action), key=_count)
        return sorted(set(chain.from_iterable(rarest)))


def index_statements(statements: Sequence[Statement]) -> StatementIndex:
    """File the statements of a document."""
    return StatementIndex(
        actions=_index_texts([statement.actions for statement in statements], str.lower),
        resources=_index_texts([statement.resources for statement in statements], str),
        principals=_index_principals([statement.principals for statement in statements]),
    )


def literal_ends(pattern: str) -> tuple[str, str] | None:
    """What every text of the pattern begins and ends with; None if nothing in the pattern stands for something else."""
    opens = min((place for place in map(pattern.find, _OPENING) if place >= 0), default=None)
    if opens is None:
        return None
    closes = max(map(pattern.rfind, _CLOSING))
    return pattern[:opens], pattern[closes + 1 :] if closes >= opens else ""


def _index_texts(elements: Sequence[Patterns | None], fold: Callable[[str], str]) -> TextIndex:
    exact: dict[str, list[int]] = {}
    beginnings: dict[str, list[int]] = {}
    endings: dict[str, list[int]] = {}
    unfiled: list[int] = []
    for position, element in enumerate(elements):
        if element is None or element.negated:
            unfiled.append(position)
            continue
        for value in element.values:
            text = fold(value)
            ends = literal_ends(text) if "*" in text or "?" in text or "${" in text else None
            if ends is None:
                filed = exact.setdefault(text, [])
            elif len(ends[0]) >= len(ends[1]):
                filed = beginnings.setdefault(ends[0], [])
            else:
                filed = endings.setdefault(ends[1], [])
            if not filed or filed[-1] != position:
                filed.append(position)
    return TextIndex(_frozen(exact), _frozen(beginnings), _frozen(endings), tuple(unfiled))


def _index_principals(elements: Sequence[Principals | None]) -> PrincipalIndex:
    named: dict[Key, list[int]] = {}
    unfiled: list[int] = []
    for position, element in enumerate(elements):
        if element is None or element.negated:
            unfiled.append(position)
            continue
        for entry in element.entries:
            for key in keys_of_entry(entry):
                named.setdefault(key, []).append(position)
    return PrincipalIndex(_frozen(named), tuple(unfiled))


def _frozen(filed: dict[Name, list[int]]) -> dict[Name, Positions]:
    return {name: tuple(positions) for name, positions in filed.items()}


def _count(find: list[Positions]) -> int:
    return sum(map(len, find))
