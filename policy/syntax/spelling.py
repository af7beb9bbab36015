"""How the text form spells conditions: one table of symbols and literals, read in both directions.

The literal decides the operator where it can; where it cannot, the IAM operator's own name stands in the middle.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_network

from policy.catalogue.operators import Operator, Qualifier, join_operator
from policy.syntax.strings import quote
from policy.syntax.tree import Value


class Literal(StrEnum):
    """The kinds of literal, each in the words of a message."""

    STRING = "a quoted string"
    NUMBER = "a number"
    BOOLEAN = "`true` or `false`"
    DATE = "a date"
    ADDRESS = "an IP address or range"
    ARN = "an unquoted ARN"


# Operator -> its symbol and the literal that stands behind it. Operators that are not here go by their own name.
SPELLINGS = {
    Operator.STRING_EQUALS: ("==", Literal.STRING),
    Operator.STRING_NOT_EQUALS: ("!=", Literal.STRING),
    Operator.STRING_LIKE: ("like", Literal.STRING),
    Operator.STRING_NOT_LIKE: ("not like", Literal.STRING),
    Operator.NUMERIC_EQUALS: ("==", Literal.NUMBER),
    Operator.NUMERIC_NOT_EQUALS: ("!=", Literal.NUMBER),
    Operator.NUMERIC_LESS_THAN: ("<", Literal.NUMBER),
    Operator.NUMERIC_LESS_THAN_EQUALS: ("<=", Literal.NUMBER),
    Operator.NUMERIC_GREATER_THAN: (">", Literal.NUMBER),
    Operator.NUMERIC_GREATER_THAN_EQUALS: (">=", Literal.NUMBER),
    Operator.DATE_EQUALS: ("==", Literal.DATE),
    Operator.DATE_NOT_EQUALS: ("!=", Literal.DATE),
    Operator.DATE_LESS_THAN: ("<", Literal.DATE),
    Operator.DATE_LESS_THAN_EQUALS: ("<=", Literal.DATE),
    Operator.DATE_GREATER_THAN: (">", Literal.DATE),
    Operator.DATE_GREATER_THAN_EQUALS: (">=", Literal.DATE),
    Operator.BOOL: ("==", Literal.BOOLEAN),
    Operator.IP_ADDRESS: ("in", Literal.ADDRESS),
    Operator.NOT_IP_ADDRESS: ("not in", Literal.ADDRESS),
    Operator.ARN_EQUALS: ("==", Literal.ARN),
    Operator.ARN_NOT_EQUALS: ("!=", Literal.ARN),
    Operator.ARN_LIKE: ("like", Literal.ARN),
    Operator.ARN_NOT_LIKE: ("not like", Literal.ARN),
}

OPERATORS = {spelling: operator for operator, spelling in SPELLINGS.items()}

# The Null operator asks whether the key is missing; with one plain value it has words of its own.
NULL_VALUES = {"exists": "false", "missing": "true"}

QUALIFIERS = {"any": Qualifier.FOR_ANY_VALUE, "all": Qualifier.FOR_ALL_VALUES}
_QUALIFIER_WORDS = {qualifier: word for word, qualifier in QUALIFIERS.items()}

KEYWORDS = frozenset(
    {"policy", "version", "let", "allow", "deny", "not", "principal", "action", "resource", "when", "any", "all"}
    | {"aws", "service", "federated", "canonical", "like", "in", "exists", "missing"}
)

# These say what the terminals WORD, KEY and NAME of the grammar say; a test holds them together.
_WORD = re.compile(
    r"(?:\$\{[^\s,\"#{}]*\}|[$%&*+\-./0-9:?A-Z^_a-z~])(?:\$\{[^\s,\"#{}]*\}|[!$%&*+\-./0-9:<=>?@A-Z^_a-z~])*",
    re.ASCII,
)
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:/.-]*", re.ASCII)

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_ADDRESS = re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40})(?:/[0-9]{1,3})?")


def literal_of(value: Value) -> Literal | None:
    """The kind of literal that a value is, as it is written; None for a bare word that is none."""
    return Literal.STRING if value.quoted else _bare_literal(value.text)


def _bare_literal(text: str) -> Literal | None:
    if text in {"true", "false"}:
        return Literal.BOOLEAN
    if text.startswith("arn:"):
        return Literal.ARN if _WORD.fullmatch(text) else None
    if _NUMBER.fullmatch(text):
        return Literal.NUMBER
    if _DATE.fullmatch(text):
        return Literal.DATE if _is_date(text) else None
    return Literal.ADDRESS if _ADDRESS.fullmatch(text) and _is_address(text) else None


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def can_be(text: str, literal: Literal) -> bool:
    """Whether a text can be written as a kind of literal."""
    return literal is Literal.STRING or _bare_literal(text) is literal


def spell_word(text: str) -> str:
    """A value of an element: bare if the grammar takes it so."""
    return text if _WORD.fullmatch(text) and text not in KEYWORDS else quote(text)


def spell_key(key: str) -> str:
    """A condition key: bare if the grammar takes it so."""
    return key if _KEY.fullmatch(key) and key not in KEYWORDS else quote(key)


def spell_subject(key: str, qualifier: Qualifier | None, if_exists: bool) -> str:
    """What stands before the operator: `any key?`."""
    prefix = f"{_QUALIFIER_WORDS[qualifier]} " if qualifier else ""
    return f"{prefix}{spell_key(key)}{'?' if if_exists else ''}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table in the language reference: an IAM operator and its canonical spelling, with an example."""

    iam: str
    text: str


_EXAMPLES = {
    Literal.STRING: '"a", "b"',
    Literal.NUMBER: "3600",
    Literal.BOOLEAN: "true",
    Literal.DATE: "2026-01-31T00:00:00Z",
    Literal.ADDRESS: "192.0.2.0/24, 2001:db8::/32",
    Literal.ARN: "arn:aws:iam::111122223333:role/app-*",
}


def spelling_table() -> Iterator[Row]:
    """Every operator with every set qualifier and IfExists, in its one canonical spelling."""
    for operator in Operator:
        for qualifier in (None, *Qualifier):
            for if_exists in (False,) if operator is Operator.NULL else (False, True):
                subject = spell_subject("key", qualifier, if_exists)
                iam = join_operator(qualifier, operator, if_exists)
                for test, meaning in _tests(operator):
                    yield Row(iam + meaning, f"when {subject} {test}")


def _tests(operator: Operator) -> tuple[tuple[str, str], ...]:
    if operator is Operator.NULL:
        return tuple((word, f" {value}") for word, value in NULL_VALUES.items())
    if operator in SPELLINGS:
        symbol, literal = SPELLINGS[operator]
        return ((f"{symbol} {_EXAMPLES[literal]}", ""),)
    return ((f"{operator} {_EXAMPLES[Literal.STRING]}", ""),)
