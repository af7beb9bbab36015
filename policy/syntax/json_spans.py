"""Where values stand in JSON that is known to read well: found by skipping values, not by parsing them all.

What has faults, and the text form, is read with the grammar.
"""

import json
import re
from collections.abc import Iterator

from policy.source import Span

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")

Member = tuple[str, Span, Span]
"""A member of an object: its name, and the spans of the name and of the value."""


def statement_spans(text: str) -> list[Span]:
    """The spans of the statements of a policy document in IAM JSON, in order."""
    found = (value for name, _, value in members(text, behind_space(text, 0)) if name == "Statement")
    return [span for value in found for span in items(text, value.start)]


def members(text: str, start: int) -> Iterator[Member]:
    """The members of the object that begins there."""
    place = behind_space(text, start + 1)
    while text[place] != "}":
        name, end = _DECODER.raw_decode(text, place)
        value = behind_space(text, behind_space(text, end) + 1)
        value_end = _DECODER.raw_decode(text, value)[1]
        yield name, Span(place, end), Span(value, value_end)
        place = _next(text, value_end)


def items(text: str, start: int) -> Iterator[Span]:
    """The values of the list that begins there; any other value is a list of itself."""
    if text[start] != "[":
        yield Span(start, _DECODER.raw_decode(text, start)[1])
        return
    place = behind_space(text, start + 1)
    while text[place] != "]":
        end = _DECODER.raw_decode(text, place)[1]
        yield Span(place, end)
        place = _next(text, end)


def behind_space(text: str, place: int) -> int:
    """The first place that is no white space."""
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _next(text: str, end: int) -> int:
    """Where the next item begins, behind the comma if there is one."""
    place = behind_space(text, end)
    return behind_space(text, place + 1) if text[place] == "," else place
