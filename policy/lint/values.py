"""JSON and YAML as one tree of values with positions; functions in their short form stand in it in their long one.

Source: AWS CloudFormation User Guide, "Intrinsic function reference".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecoder

import yaml

from policy.lint.subject import UNKNOWN
from policy.source import Span


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as text, with what is unknown of it as UNKNOWN. `offsets` lead from its characters into the file."""

    text: str
    span: Span
    offsets: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """null."""

    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Positioned", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Members:
    """An object."""

    members: tuple[tuple[Text, "Positioned"], ...]
    span: Span

    def get(self, name: str) -> "Positioned | None":
        """The member of a name."""
        return next((value for key, value in self.members if key.text == name), None)


@dataclass(frozen=True, slots=True)
class Unknown:
    """What only a deployment decides: the value of an intrinsic function. `name` is the resource it refers to."""

    span: Span
    name: str | None = None


Positioned = Text | Nothing | Items | Members | Unknown

_DECODER = JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[-+.0-9A-Za-z]+")
_ESCAPE = re.compile(r'\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt])')

# What is put in when a template is deployed: CloudFormation's dynamic references, and the variables of the Serverless
# Framework, which look like those of policies but have other names.
_DYNAMIC = re.compile(
    r"\{\{resolve:[^}]*\}\}|\$\{(?:self|opt|env|param|file|ssm|cf|sls|strToBool)[:(](?:[^{}]|\$?\{[^{}]*\})*\}"
)


def from_json(text: str) -> Positioned:
    """A JSON text that is known to read without faults; RecursionError if it nests deeper than Python does."""
    return _json_value(text, _skip_space(text, 0))[0]


def _json_value(text: str, start: int) -> tuple[Positioned, int]:
    """The value that begins at a place, and where it ends."""
    match text[start]:
        case "{":
            return _json_object(text, start)
        case "[":
            return _json_array(text, start)
        case '"':
            value, end = _DECODER.raw_decode(text, start)
            span = Span(start, end)
            return Text(_dynamic(value), span, _offsets(text, span, value)), end
        case _:
            found = _SCALAR.match(text, start)
            end = found.end() if found else start + 1
            word = text[start:end]
            return (Nothing(Span(start, end)) if word == "null" else Text(word, Span(start, end))), end


def _json_object(text: str, start: int) -> tuple[Positioned, int]:
    members: list[tuple[Text, Positioned]] = []
    place = _skip_space(text, start + 1)
    while text[place] != "}":
        name, end = _DECODER.raw_decode(text, place)
        value, place_behind = _json_value(text, _skip_space(text, _skip_space(text, end) + 1))
        members.append((Text(name, Span(place, end)), value))
        place = _skip_comma(text, place_behind)
    return Members(tuple(members), Span(start, place + 1)), place + 1


def _json_array(text: str, start: int) -> tuple[Positioned, int]:
    items: list[Positioned] = []
    place = _skip_space(text, start + 1)
    while text[place] != "]":
        value, end = _json_value(text, place)
        items.append(value)
        place = _skip_comma(text, end)
    return Items(tuple(items), Span(start, place + 1)), place + 1


def _skip_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _skip_comma(text: str, place: int) -> int:
    place = _skip_space(text, place)
    return _skip_space(text, place + 1) if text[place] == "," else place


def _offsets(source: str, span: Span, text: str) -> tuple[int, ...] | None:
    """Where each character of a decoded string stands; only strings that may hold a policy need it."""
    if '"Statement"' not in text:
        return None
    offsets, place = [], span.start + 1
    while place < span.end - 1:
        offsets.append(place)
        escape = _ESCAPE.match(source, place)
        place = escape.end() if escape else place + 1
    # A character outside of the basic plane is two escapes in JSON; then positions are given up.
    return tuple(offsets) if len(offsets) == len(text) else None


def from_yaml(node: yaml.Node) -> Positioned:
    """A YAML node. Aliases are what they stand for; every scalar is text, as CloudFormation takes it."""
    return _from_yaml(node, 0)


def _from_yaml(node: yaml.Node, depth: int) -> Positioned:
    # An alias inside of its own anchor never ends.
    if depth > 100:
        raise RecursionError
    span = Span(node.start_mark.index, node.end_mark.index)
    if node.tag.startswith("!"):
        return _long_form(node, span, depth)
    match node:
        case yaml.ScalarNode():
            if node.tag == "tag:yaml.org,2002:null" and node.style is None:
                return Nothing(span)
            return Text(_dynamic(_scalar(node)), span)
        case yaml.SequenceNode():
            return Items(tuple(_from_yaml(item, depth + 1) for item in node.value), span)
        case _:
            return Members(tuple(_pairs(node, depth)), span)


def _pairs(node: yaml.Node, depth: int) -> Iterator[tuple[Text, Positioned]]:
    """The members of a mapping, with those that `<<` merges into it."""
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        inner = _from_yaml(value, depth + 1)
        if key.tag == "tag:yaml.org,2002:merge" and isinstance(inner, Members):
            yield from inner.members
        else:
            yield Text(str(key.value), Span(key.start_mark.index, key.end_mark.index)), inner


def _scalar(node: yaml.ScalarNode) -> str:
    text = str(node.value)
    is_boolean = node.tag == "tag:yaml.org,2002:bool" and node.style is None
    return _BOOLEANS.get(text.lower(), text.lower()) if is_boolean else text


# YAML 1.1 has more words for them.
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _long_form(node: yaml.Node, span: Span, depth: int) -> Positioned:
    """A function in its short form (`!Sub`, `!Ref`, `!If` and the rest) as the object that it stands for."""
    name = node.tag[1:]
    argument: Positioned
    if isinstance(node, yaml.ScalarNode):
        argument = Text(_dynamic(str(node.value)), span)
    elif isinstance(node, yaml.SequenceNode):
        argument = Items(tuple(_from_yaml(item, depth + 1) for item in node.value), span)
    else:
        argument = Members(tuple(_pairs(node, depth)), span)
    return Members(((Text(name if name == "Ref" else f"Fn::{name}", span), argument),), span)


def _dynamic(text: str) -> str:
    return _DYNAMIC.sub(UNKNOWN, text) if "{" in text else text
