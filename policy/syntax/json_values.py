"""JSON as values with positions, read by the Lark grammar; the fast reader is the standard library's, made strict.

Source: RFC 8259.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from lark import Token, Transformer

from policy.source import Source, Span
from policy.syntax.faults import Faults
from policy.syntax.json_recovery import JsonRecovery
from policy.syntax.recovery import load, parse
from policy.syntax.strings import unquote


@dataclass(frozen=True, slots=True)
class JsonString:
    """A string, decoded; `problem` says why a literal does not decode."""

    value: str
    span: Span = field(compare=False)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number, as written."""

    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class JsonBoolean:
    """true or false."""

    value: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class JsonNull:
    """null."""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class JsonFault:
    """A place whose text is no JSON; its fault has been recorded."""

    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class JsonArray:
    """A list."""

    items: tuple["JsonValue", ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class JsonMember:
    """A name and its value in an object."""

    name: JsonString
    value: "JsonValue"

    @property
    def span(self) -> Span:
        """From the name to the end of the value."""
        return Span(self.name.span.start, self.value.span.end)


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object, its members in order, duplicates and all; `damaged` when a fault took some."""

    members: tuple[JsonMember, ...]
    span: Span = field(compare=False)
    damaged: bool = False


JsonValue = JsonString | JsonNumber | JsonBoolean | JsonNull | JsonFault | JsonArray | JsonObject


class NumberText(str):
    """A number of a JSON text, as written: policies compare and print numbers as text."""

    __slots__ = ()


def decode(text: str) -> Any:
    """The value of a JSON text, read fast; ValueError if it is none or repeats a name, RecursionError if it is deep."""
    return json.loads(
        text,
        object_pairs_hook=_object_without_duplicates,
        parse_int=NumberText,
        parse_float=NumberText,
        parse_constant=_refuse_constant,
    )


def parse_json(source: Source, faults: Faults) -> JsonValue | None:
    """The value of a JSON text with positions, every syntax fault recorded; None if nothing could be made of it."""
    place = _too_deep(source.text)
    if place is not None:
        faults.add("json-syntax", Span(place, place + 1), f"values nest more than {_DEEPEST} deep, as no policy does")
        return None
    recovery = JsonRecovery(source, faults)
    value: JsonValue | None = parse(load("json.lark", _BUILD), source.text, recovery.recover)
    if value is not None:
        _report_bad_strings(value, faults)
    return value


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


class _Build(Transformer[Token, Any]):
    """Grammar rules to values. Strings stay literals here: decoding may find faults, which need the source."""

    def start(self, children: list[Any]) -> Any:
        return children[0]

    def string(self, children: list[Token]) -> JsonString:
        literal, span = str(children[0]), _span(children[0])
        if "\\" not in literal and literal.isprintable():
            return JsonString(literal[1:-1], span)
        try:
            return JsonString(unquote(literal), span)
        except ValueError as error:
            return JsonString(literal[1:-1], span, str(error))

    def number(self, children: list[Token]) -> JsonNumber:
        return JsonNumber(str(children[0]), _span(children[0]))

    def boolean(self, children: list[Token]) -> JsonBoolean:
        return JsonBoolean(children[0].type == "TRUE", _span(children[0]))

    def null(self, children: list[Token]) -> JsonNull:
        return JsonNull(_span(children[0]))

    def fault(self, children: list[Token]) -> JsonFault:
        return JsonFault(_span(children[0]))

    def pair(self, children: list[Any]) -> Any:
        if len(children) == 1:
            return JsonFault(_span(children[0]))
        return JsonMember(self.string([children[0]]), children[2])

    def object(self, children: list[Any]) -> JsonObject:
        members = tuple(child for child in children if isinstance(child, JsonMember))
        damaged = any(isinstance(child, JsonFault) for child in children)
        return JsonObject(members, Span(children[0].start_pos, children[-1].end_pos), damaged)

    def array(self, children: list[Any]) -> JsonArray:
        items = tuple(child for child in children[1:-1] if child is not None and not isinstance(child, Token))
        return JsonArray(items, Span(children[0].start_pos, children[-1].end_pos))


_BUILD = _Build()


def _span(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)


# A policy nests seven deep; parsing a million brackets would help nobody.
_DEEPEST = 100
_NESTING = re.compile(r'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"|[\[\]{}]')


def _too_deep(text: str) -> int | None:
    """The offset of the first bracket that nests too deep, if there is one."""
    depth = 0
    for found in _NESTING.finditer(text):
        character = found[0][0]
        depth += (character in "[{") - (character in "]}")
        if depth > _DEEPEST:
            return found.start()
    return None


def _report_bad_strings(value: JsonValue, faults: Faults) -> None:
    rest: list[JsonValue] = [value]
    while rest and not faults.full:
        match rest.pop():
            case JsonString(problem=str(problem), span=span):
                faults.add("json-string", span, f"the string holds {problem}")
            case JsonArray(items=items):
                rest.extend(items)
            case JsonObject(members=members):
                rest.extend(part for member in members for part in (member.name, member.value))
            case _:
                pass
