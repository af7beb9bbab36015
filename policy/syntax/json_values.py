"""JSON as values with positions, read by the Lark grammar; the fast reader is the standard library's, made strict.

Source: RFC 8259.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from lark import Token, Transformer

from policy.source import Source, Span
from policy.syntax.faults import Faults, clip
from policy.syntax.recovery import Stuck, expectation, load, parse
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
    recovery = _Recovery(source, faults)
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


def _report_bad_strings(value: JsonValue, faults: Faults) -> None:
    # Iterative, because nesting may be as deep as the text is long.
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


_WORDS = {
    "COMMA": "`,`",
    "COLON": "`:`",
    "RBRACE": "`}`",
    "RBRACKET": "`]`",
    "STRING": "a string in double quotes",
    "NUMBER": "a number",
    "TRUE": "`true`",
    "FALSE": "`false`",
    "NULL": "`null`",
    "LBRACE": "`{`",
    "LBRACKET": "`[`",
    "$END": "the end of the document",
}
_A_VALUE = frozenset({"STRING", "NUMBER", "TRUE", "FALSE", "NULL", "LBRACE", "LBRACKET"})
_CLOSERS = frozenset({"RBRACE", "RBRACKET"})

_HELPS = (
    (re.compile("['\u2018\u2019\u201c\u201d]"), "JSON strings stand in straight double quotes"),
    (re.compile(r"//|/\*|#"), "JSON has no comments; the text form has, behind `#`"),
    (re.compile("(?:True|False)\\b"), "JSON writes `true` and `false` in lower case"),
    (re.compile("None\\b"), "JSON writes `null`"),
)

# What is skipped after a fault: up to the next comma or closing bracket, past whole strings.
_REST = re.compile(r'(?:[^,}\]"\n]|"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")*')
_OFFENDER = re.compile(r"[\w.+'-]+|//[^\n]*|.", re.DOTALL)


class _Recovery:
    """What to do at each fault of a JSON text: put in a missing comma, drop one too many, or give up a value."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source = source
        self._faults = faults

    def recover(self, stuck: Stuck) -> bool:
        """Record the fault and bring the parser past it; False at the end of the text, or when there are too many."""
        token = stuck.token.type if stuck.token is not None else None
        if stuck.at_end:
            self._report_end(stuck)
            return False
        after_comma = token in _CLOSERS and "COMMA" not in stuck.expected
        missing_comma = token in _A_VALUE and "COMMA" in stuck.expected
        self._report(stuck, missing_comma=missing_comma, after_comma=after_comma)
        if self._faults.full:
            return False
        if missing_comma:
            stuck.feed("COMMA", ",")
            if stuck.takes(str(token)):
                stuck.feed_found()
                return True
        return self._give_up_part(stuck)

    def _give_up_part(self, stuck: Stuck) -> bool:
        closing = stuck.token is not None and stuck.token.type in {*_CLOSERS, "COMMA"}
        if not stuck.unwind():
            return False
        if closing and stuck.token is not None and stuck.takes(stuck.token.type):
            stuck.feed_found()
            return True
        rest = _REST.match(self._source.text, max(stuck.position, stuck.offset))
        stuck.skip_to(max(rest.end() if rest else 0, stuck.offset + 1))
        return True

    def _report(self, stuck: Stuck, *, missing_comma: bool, after_comma: bool) -> None:
        text, start = self._source.text, stuck.offset
        found = _OFFENDER.match(text, start)
        offender = found[0] if found and stuck.token is None else str(stuck.token or "")
        span = Span(start, start + max(1, len(offender)))
        if missing_comma:
            message = f"found `{clip(offender)}`, expected `,` before it"
        elif after_comma and text[:start].rstrip().endswith(","):
            message = f"found `{offender}` behind a `,`, expected a further member or no `,`"
        elif offender == '"':
            end = text.find("\n", start)
            span = Span(start, len(text) if end < 0 else end)
            message = "the string is not closed on its line"
        else:
            message = f"found `{clip(offender)}`, expected {_expected(stuck)}"
        hint = next((text_ for pattern, text_ in _HELPS if pattern.match(text, start)), None)
        self._faults.add("json-syntax", span, message, hint=hint)

    def _report_end(self, stuck: Stuck) -> None:
        end = len(self._source.text.rstrip())
        self._faults.add("json-syntax", Span(max(0, end - 1), end), f"the document ends, expected {_expected(stuck)}")


def _expected(stuck: Stuck) -> str:
    if stuck.expected >= _A_VALUE:
        return (
            expectation(stuck.expected - _A_VALUE, {"RBRACKET": "a value or `]`"})
            if "RBRACKET" in stuck.expected
            else "a value"
        )
    return expectation(stuck.expected, _WORDS)
