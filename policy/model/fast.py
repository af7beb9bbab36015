"""A decoded JSON value straight to the model: the good path, which knows no positions.

It accepts only what it is sure of. Whatever else comes is irregular: the careful path (JSON with positions, syntax
tree, model) decides about it and says why. A property test holds the two paths equal.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, TypeVar

from policy.catalogue.operators import split_operator
from policy.model.document import (
    Condition,
    Effect,
    Patterns,
    PolicyDocument,
    PrincipalEntry,
    PrincipalKind,
    Principals,
    Statement,
    Version,
)
from policy.syntax.elements import OLD_VERSION, POLICY_ELEMENTS, STATEMENT_ELEMENTS
from policy.syntax.json_values import NumberText

Member = TypeVar("Member")


class IrregularError(ValueError):
    """A value that this path leaves to the careful one."""


_POLICY_ELEMENTS = frozenset(POLICY_ELEMENTS)
_STATEMENT_ELEMENTS = frozenset(STATEMENT_ELEMENTS)
_VERSIONS = {str(version): version for version in Version}
_EFFECTS = {str(effect): effect for effect in Effect}
_MEMBERS = {str(kind): kind for kind in PrincipalKind if kind is not PrincipalKind.EVERYONE}
_EVERYONE = (PrincipalEntry(PrincipalKind.EVERYONE, "*"),)

# Python refuses to print integers of thousands of digits.
_PRINTABLE = 10**400

_split = lru_cache(maxsize=256)(split_operator)


def read_regular(value: object) -> PolicyDocument:
    """The document that a decoded JSON value is; IrregularError if it is not one for sure."""
    document = _object(value)
    if not document.keys() <= _POLICY_ELEMENTS:
        raise IrregularError
    statements = document.get("Statement")
    items = statements if type(statements) is list else [statements]
    if not items:
        raise IrregularError
    return PolicyDocument(
        version=_one_of(_VERSIONS, document.get("Version", OLD_VERSION)),
        id=_optional_text(document, "Id"),
        statements=tuple([_statement(item) for item in items]),
    )


def _statement(value: object) -> Statement:
    statement = _object(value)
    if not statement.keys() <= _STATEMENT_ELEMENTS:
        raise IrregularError
    return Statement(
        effect=_one_of(_EFFECTS, statement.get("Effect")),
        sid=_optional_text(statement, "Sid"),
        principals=_principals(statement),
        actions=_patterns(statement, "Action", "NotAction"),
        resources=_patterns(statement, "Resource", "NotResource"),
        conditions=_conditions(statement["Condition"]) if "Condition" in statement else (),
    )


def _patterns(statement: Mapping[str, Any], name: str, not_name: str) -> Patterns | None:
    if name in statement:
        if not_name in statement:
            raise IrregularError
        return Patterns(values=_texts(statement[name]))
    if not_name in statement:
        return Patterns(values=_texts(statement[not_name]), negated=True)
    return None


def _principals(statement: Mapping[str, Any]) -> Principals | None:
    if "Principal" in statement:
        if "NotPrincipal" in statement:
            raise IrregularError
        return Principals(entries=_entries(statement["Principal"]))
    if "NotPrincipal" in statement:
        return Principals(entries=_entries(statement["NotPrincipal"]), negated=True)
    return None


def _entries(value: object) -> tuple[PrincipalEntry, ...]:
    if type(value) is str and value == "*":
        return _EVERYONE
    return tuple(
        [
            PrincipalEntry(_one_of(_MEMBERS, name), text)
            for name, texts in _object(value).items()
            for text in _texts(texts)
        ]
    )


def _conditions(value: object) -> tuple[Condition, ...]:
    block = _object(value)
    found: list[Condition] = []
    seen: set[object] = set()
    for name, keys in block.items():
        parts = _split(name) if type(name) is str else None
        # Two spellings of one operator are left to the careful path, which puts their keys together.
        if parts is None or parts in seen:
            raise IrregularError
        seen.add(parts)
        qualifier, operator, if_exists = parts
        for key, values in _object(keys).items():
            if type(key) is not str:
                raise IrregularError
            found.append(
                Condition(
                    operator=operator,
                    key=key,
                    values=_condition_values(values),
                    qualifier=qualifier,
                    if_exists=if_exists,
                )
            )
        if len(keys) > 1 and len({key.lower() for key in keys}) != len(keys):
            raise IrregularError
    return tuple(found)


def _condition_values(value: object) -> tuple[str, ...]:
    if type(value) is str:
        return (value,)
    if type(value) is list:
        return tuple([item if type(item) is str else _scalar(item) for item in value])
    return (_scalar(value),)


def _scalar(value: object) -> str:
    """A condition value as text: AWS lets numbers and Booleans stand unquoted."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is NumberText:
        return str(value)
    if (type(value) is int and abs(value) < _PRINTABLE) or (type(value) is float and isfinite(value)):
        return repr(value)
    raise IrregularError


def _texts(value: object) -> tuple[str, ...]:
    if type(value) is str:
        return (value,)
    if type(value) is not list:
        raise IrregularError
    for item in value:
        if type(item) is not str:
            raise IrregularError
    return tuple(value)


def _object(value: object) -> dict[Any, Any]:
    if type(value) is not dict:
        raise IrregularError
    return value


def _one_of(members: Mapping[str, Member], value: object) -> Member:
    member = members.get(value) if type(value) is str else None
    if member is None:
        raise IrregularError
    return member


def _optional_text(members: Mapping[str, Any], name: str) -> str | None:
    if name not in members:
        return None
    value = members[name]
    if type(value) is not str:
        raise IrregularError
    return value
