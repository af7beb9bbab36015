"""Wildcard patterns: `*` stands for any run of characters, `?` for exactly one; all else is itself, in its case.

`wildcard_matches` is the definition. `Wildcard` is the same, prepared once and bounded for every input: literal parts
are looked for in order, and parts with `?` by a bit-parallel search, so that no pattern makes the matcher backtrack.

Source: IAM User Guide, "IAM JSON policy elements: Resource" and "IAM JSON policy elements: Condition operators".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Self


class Wild(Enum):
    """A wildcard, as written."""

    ANY_RUN = "*"
    ANY_ONE = "?"


Part = str | Wild
"""A piece of a pattern: literal text, or a wildcard. What is literal stays so, even a `*` that a variable put there."""

_WILDS = {wild.value: wild for wild in Wild}


def parse_wildcards(pattern: str) -> tuple[Part, ...]:
    """Take a pattern apart into literal texts and wildcards."""
    parts: list[Part] = []
    literal = 0
    for index, character in enumerate(pattern):
        if character in _WILDS:
            parts += [pattern[literal:index], _WILDS[character]]
            literal = index + 1
    return join_literals((*parts, pattern[literal:]))


def join_literals(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The same pattern with neighbouring literals joined and empty ones left out."""
    joined: list[Part] = []
    texts: list[str] = []
    for part in (*parts, None):
        if isinstance(part, str):
            texts.append(part)
            continue
        if text := "".join(texts):
            joined.append(text)
        texts.clear()
        if part is not None:
            joined.append(part)
    return tuple(joined)


def as_text(parts: Iterable[Part]) -> str:
    """The text of a pattern where wildcards have no meaning: `*` and `?` as themselves."""
    return "".join(part if isinstance(part, str) else part.value for part in parts)


def wildcard_matches(pattern: str, text: str) -> bool:
    """Whether the whole text is of the pattern."""
    return parts_match(parse_wildcards(pattern), text)


def parts_match(parts: Iterable[Part], text: str) -> bool:
    """The definition: follow every place in the text that the parts so far can have led to."""
    places = {0}
    for part in parts:
        match part:
            case Wild.ANY_RUN:
                places = set(range(min(places), len(text) + 1)) if places else places
            case Wild.ANY_ONE:
                places = {place + 1 for place in places if place < len(text)}
            case literal:
                places = {place + len(literal) for place in places if text.startswith(literal, place)}
    return len(text) in places


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A prepared pattern; `matches` is told whether a whole text is of it."""

    matches: Callable[[str], bool]

    @classmethod
    def compile(cls, pattern: str) -> Self:
        """Prepare a pattern."""
        return cls.from_parts(parse_wildcards(pattern))

    @classmethod
    def from_parts(cls, parts: tuple[Part, ...]) -> Self:
        """Prepare a pattern that is taken apart already."""
        if Wild.ANY_RUN not in parts and Wild.ANY_ONE not in parts:
            return cls(_literal_matcher([as_text(parts)]))
        stretches = _split_at_runs(parts)
        if all(stretch.is_literal for stretch in stretches):
            return cls(_literal_matcher([as_text(stretch.parts) for stretch in stretches]))
        return cls(_general_matcher(stretches))


class _Stretch:
    """What stands between two `*`: literals and `?`, of fixed length."""

    __slots__ = ("is_literal", "length", "literals", "parts")

    def __init__(self, parts: list[Part]) -> None:
        self.parts = tuple(parts)
        self.literals: list[tuple[int, str]] = []
        self.length = 0
        for part in parts:
            if isinstance(part, str):
                self.literals.append((self.length, part))
                self.length += len(part)
            else:
                self.length += 1
        self.is_literal = all(isinstance(part, str) for part in parts)

    def is_at(self, text: str, place: int) -> bool:
        """Whether the text has this stretch at the place; the text must be long enough."""
        return all(text.startswith(literal, place + offset) for offset, literal in self.literals)

    def find(self, text: str, start: int, end: int) -> int:
        """The first place from `start` where the stretch lies before `end`, or -1."""
        if self.is_literal:
            return text.find(self.literals[0][1], start, end) if self.literals else start
        # Windows keep the work for one stretch in proportion to what it passes over, not to the text that is left.
        window = 2 * self.length + 64
        while start + self.length <= end:
            place = self._find_within(text, start, min(start + window, end))
            if place >= 0:
                return place
            start += window - self.length + 1
        return -1

    def _find_within(self, text: str, start: int, end: int) -> int:
        """Bit-parallel: bit i of `candidates` says that the stretch may begin at `start + i`."""
        if end - start < self.length:
            return -1
        places: dict[str, int] = {}
        candidates = (1 << (end - start - self.length + 1)) - 1
        for offset, literal in self.literals:
            for index, character in enumerate(literal, offset):
                if character not in places:
                    places[character] = _bits_of(character, text, start, end)
                candidates &= places[character] >> index
                if not candidates:
                    return -1
        return start + (candidates & -candidates).bit_length() - 1


def _bits_of(character: str, text: str, start: int, end: int) -> int:
    """The places of a character in the text from `start` to `end`, as the bits of a number."""
    bits = bytearray((end - start) // 8 + 1)
    place = text.find(character, start, end)
    while place >= 0:
        bits[(place - start) >> 3] |= 1 << ((place - start) & 7)
        place = text.find(character, place + 1, end)
    return int.from_bytes(bits, "little")


def _split_at_runs(parts: tuple[Part, ...]) -> list[_Stretch]:
    """The stretches between the `*`, the empty ones in the middle left out: `**` says no more than `*`."""
    groups: list[list[Part]] = [[]]
    for part in parts:
        if part is Wild.ANY_RUN:
            groups.append([])
        else:
            groups[-1].append(part)
    if len(groups) > 2:
        groups = [groups[0], *(group for group in groups[1:-1] if group), groups[-1]]
    return [_Stretch(group) for group in groups]


def _literal_matcher(texts: list[str]) -> Callable[[str], bool]:
    """Patterns without `?`: the shapes that policies mostly have, then any number of `*`."""
    match texts:
        case [exact]:
            return lambda text: text == exact
        case ["", ""]:
            return lambda _text: True
        case [prefix, ""]:
            return lambda text: text.startswith(prefix)
        case ["", suffix]:
            return lambda text: text.endswith(suffix)
        case ["", infix, ""]:
            return lambda text: infix in text
    prefix, *middle, suffix = texts
    shortest = sum(map(len, texts))

    def matches(text: str) -> bool:
        if len(text) < shortest or not (text.startswith(prefix) and text.endswith(suffix)):
            return False
        place, end = len(prefix), len(text) - len(suffix)
        for literal in middle:
            place = text.find(literal, place, end)
            if place < 0:
                return False
            place += len(literal)
        return True

    return matches


def _general_matcher(stretches: list[_Stretch]) -> Callable[[str], bool]:
    """Patterns with `?`: the first and last stretch are anchored, each between them is taken where it first occurs."""
    shortest = sum(stretch.length for stretch in stretches)
    first, *rest = stretches
    if not rest:
        return lambda text: len(text) == shortest and first.is_at(text, 0)
    *middle, last = rest

    def matches(text: str) -> bool:
        end = len(text) - last.length
        if len(text) < shortest or not (first.is_at(text, 0) and last.is_at(text, end)):
            return False
        place = first.length
        for stretch in middle:
            place = stretch.find(text, place, end)
            if place < 0:
                return False
            place += stretch.length
        return True

    return matches
