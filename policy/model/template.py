"""Policy variables: text whose `${…}` are filled from the request context.

A variable's value is always literal: a `*` in it is no wildcard.

Source: IAM User Guide, "IAM policy elements: Variables and tags".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policy.model.document import Version
from policy.model.pattern import Part, as_text, join_literals, parse_wildcards

# "Special characters": predefined variables with fixed values.
_SPECIAL = frozenset({"*", "?", "$"})

# No key name and no tag key holds these: `${` before them opens no variable. ("Tag naming limits and requirements")
_NEVER_IN_NAMES = frozenset("${}*?',")


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`; the key in lower case, as key names are case-insensitive."""

    key: str
    default: str | None = None

    def resolve(self, context: Mapping[str, tuple[str, ...]]) -> str | None:
        """The value in the context; None if the key is absent and there is no default, or if it has several values.

        Source: "Policy variables with no value"; for several values "Single-valued vs. multivalued context keys", where
        multivalued keys cannot be used as variables.
        """
        values = context.get(self.key)
        if not values:
            return self.default
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Template:
    """A policy's text, taken apart into literals, wildcards and variables."""

    parts: tuple[Part | Variable, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables, in order."""
        return tuple(part for part in self.parts if isinstance(part, Variable))

    @property
    def constant(self) -> tuple[Part, ...] | None:
        """The pattern, if no variable is needed for it."""
        return None if self.variables else self.resolve({})

    def resolve(self, context: Mapping[str, tuple[str, ...]]) -> tuple[Part, ...] | None:
        """The pattern with all variables filled in; None if one of them has no value."""
        filled = self._fill(context)
        return None if filled is None else join_literals(filled)

    def text(self, context: Mapping[str, tuple[str, ...]]) -> str | None:
        """The text with all variables filled in, for operators that know no wildcards; None if one has no value."""
        filled = self._fill(context)
        return None if filled is None else as_text(filled)

    def _fill(self, context: Mapping[str, tuple[str, ...]]) -> list[Part] | None:
        filled: list[Part] = []
        for part in self.parts:
            value = part.resolve(context) if isinstance(part, Variable) else part
            if value is None:
                return None
            filled.append(value)
        return filled


def parse_template(text: str, version: Version) -> Template:
    """Take a policy's text apart. What opens like a variable but is none (`${`, `${}`, `${a`) is literal text.

    In Version 2008-10-17 there are no variables ("treated as literal strings").
    """
    if version is Version.OLD or "${" not in text:
        return Template(parse_wildcards(text))
    parts: list[Part | Variable] = []
    literal = start = 0
    while (start := text.find("${", start)) >= 0:
        found = _variable_at(text, start)
        if found is None:
            start += 2
            continue
        variable, end = found
        parts += [*parse_wildcards(text[literal:start]), variable]
        literal = start = end
    return Template((*parts, *parse_wildcards(text[literal:])))


def _variable_at(text: str, start: int) -> tuple[str | Variable, int] | None:
    """The variable or special character that opens at `start`, and where it ends; None if there is none.

    The name runs up to `}`, or up to a comma and a quoted default that ends in `'}`.
    """
    end = start + 2
    if text[end : end + 1] in _SPECIAL and text[end + 1 : end + 2] == "}":
        return text[end], end + 2
    while end < len(text) and text[end] not in _NEVER_IN_NAMES:
        end += 1
    key = text[start + 2 : end].strip().lower()
    if not key or end == len(text):
        return None
    if text[end] == "}":
        return Variable(key), end + 1
    return _with_default(text, key, end + 1) if text[end] == "," else None


def _with_default(text: str, key: str, start: int) -> tuple[Variable, int] | None:
    """Read ` 'default'}`. Source: "Specifying default values"."""
    while text[start : start + 1] == " ":
        start += 1
    if text[start : start + 1] != "'":
        return None
    end = text.find("'}", start + 1)
    return (Variable(key, text[start + 1 : end]), end + 2) if end > 0 else None
