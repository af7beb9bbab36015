"""From a span in a policy's JSON to the path that leads there: members and elements, from the document inwards.

It is how IAM Access Analyzer tells the place of a finding (its API Reference, "Location", "PathElement").
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from policy.source import Span
from policy.syntax.json_spans import behind_space, items, members


@dataclass(frozen=True, slots=True)
class Key:
    """The name of a member."""

    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a member."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a list."""

    number: int


Step = Key | Value | Index


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: the path, and the span of what stands at its end."""

    path: tuple[Step, ...]
    span: Span


class JsonPaths:
    """The paths in one text; in a text that is no JSON there are none, and a span stays as it is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: dict[int, tuple[tuple[Step, Span, Span], ...]] = {}
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            self._is_json = False
        else:
            self._is_json = True

    def spot(self, span: Span) -> Spot:
        """The innermost name or value that holds a span, or that begins with it."""
        if not self._is_json:
            return Spot((), span)
        steps: list[Step] = []
        start = behind_space(self._text, 0)
        whole = Span(start, len(self._text.rstrip()))
        while (found := self._part(whole.start, span)) is not None:
            step, whole = found
            steps.append(step)
            if isinstance(step, Key):
                break
        return Spot(tuple(steps), whole if steps else span)

    def _part(self, start: int, span: Span) -> tuple[Step, Span] | None:
        """The part of the value at `start` that the span is in: a name, the value of a member, an element."""
        for step, reach, part in self._parts_of(start):
            if reach.start <= span.start and span.end <= reach.end:
                return step, part
        return None

    def _parts_of(self, start: int) -> tuple[tuple[Step, Span, Span], ...]:
        if start not in self._parts:
            self._parts[start] = tuple(self._read_parts(start))
        return self._parts[start]

    def _read_parts(self, start: int) -> Iterator[tuple[Step, Span, Span]]:
        """Each step from the value at `start`, the spans that lead to it, and the span of what it leads to."""
        if self._text[start] == "{":
            for name, key, value in members(self._text, start):
                yield Key(name), key, key
                # A member as a whole begins with its name.
                yield Value(name), Span(key.start, value.end), value
        elif self._text[start] == "[":
            for number, item in enumerate(items(self._text, start)):
                yield Index(number), item, item
