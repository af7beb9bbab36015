"""A table of requests on a world, in CSV or a JSON object a line: who asks, which action, which resource, what context.

CSV has a heading line: `principal`, `action`, `resource` (none for an action on no resource), `id`, `context` as
`KEY=VALUE; KEY=VALUE`, and any column that is named like a condition key (`kms:ViaService`); `|` separates the values
of a key with several.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy.model.arn import Arn
from policy.model.principal import Principal
from policy.simulate.context import Values
from policy.simulate.members import InputError, members, read_action, required, text, texts
from policy.simulate.world_names import WorldNames
from policy.syntax.faults import clip, did_you_mean, one_of
from policy.syntax.json_values import NumberText, decode

_COLUMNS = ("id", "principal", "action", "resource", "context")

# csv.field_size_limit() stands at 128 KiB; a request context is smaller, and more than one is a broken quote.
_SEVERAL = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request of a table; `line` is where it stands, counted from 1."""

    line: int
    id: str | None
    principal: Principal
    action: str
    resource: Arn | None
    context: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A line that is no request, and why."""

    line: int
    reason: str


def read_requests(content: str, names: WorldNames) -> Iterator[Asked | Unasked]:
    """The requests of a table, in their order. It is JSON if it begins with a brace.

    Raises:
        InputError: the heading of the CSV has no principal or action, or a column that nobody knows.
    """
    if content.lstrip()[:1] == "{":
        lines: Iterable[tuple[int, object]] = _json_lines(content)
    else:
        lines = _csv_lines(content)
    for line, value in lines:
        try:
            yield _asked(line, _decoded(value), names)
        except ValueError as error:
            yield Unasked(line=line, reason=str(error))


def _json_lines(content: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield number, line


def _csv_lines(content: str) -> Iterator[tuple[int, object]]:
    reader = csv.reader(content.splitlines(keepends=True))
    try:
        heading = [name.strip() for name in next(reader, [])]
        _check_heading(heading)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _of_cells(heading, cells)
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is no CSV: {error}") from None


def _check_heading(heading: list[str]) -> None:
    for name in ("principal", "action"):
        if name not in heading:
            raise InputError(f"the heading of the table has no column `{name}`")
    for name in heading:
        if name not in _COLUMNS and ":" not in name:
            help_ = did_you_mean(name, _COLUMNS) or f"expected {one_of(_COLUMNS)} or a condition key"
            raise InputError(f"`{clip(name)}` is no column of the table; {help_}")
        if heading.count(name) > 1:
            raise InputError(f"the column `{clip(name)}` stands twice in the heading")


def _of_cells(heading: list[str], cells: list[str]) -> Mapping[str, Any] | str:
    if len(cells) > len(heading):
        return f"it has {len(cells)} columns, the heading {len(heading)}"
    row = {name: cell.strip() for name, cell in zip(heading, cells, strict=False)}
    found: dict[str, Any] = {name: row[name] for name in _COLUMNS if name != "context" and row.get(name)}
    context = {name: value.split(_SEVERAL) for name, value in row.items() if ":" in name and value}
    for pair in filter(None, map(str.strip, row.get("context", "").split(";"))):
        key, equals, value = pair.partition("=")
        if not (key.strip() and equals):
            return f"`{clip(pair)}` is no condition key with its value, expected KEY=VALUE"
        context[key.strip()] = value.strip().split(_SEVERAL)
    return {**found, "context": context}


def _decoded(value: object) -> object:
    """The object of a JSON line; a row of CSV is one already, unless it is a message about what it lacks."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("{"):
        raise InputError(value)
    try:
        return decode(value)
    except RecursionError:
        raise InputError("the line nests too deep") from None
    except ValueError as error:
        raise InputError(f"the line is no JSON: {error}") from None


def _asked(line: int, value: object, names: WorldNames) -> Asked:
    found = members(value, _COLUMNS, "the line")
    resource = text(found.get("resource", "*"), "`resource`")
    context = found.get("context", {})
    if not isinstance(context, dict):
        raise InputError("`context` is no object of keys and their values")
    if len({key.lower() for key in context}) != len(context):
        raise InputError("`context` has a key twice in different case")
    return Asked(
        line=line,
        id=_identifier(found.get("id")),
        principal=names.principal(text(required(found, "principal", "the line"), "`principal`")),
        action=read_action(text(required(found, "action", "the line"), "`action`")),
        resource=None if resource == "*" else names.resource(resource),
        context={key: texts(values, f"the context key `{clip(key)}`") for key, values in context.items()},
    )


def _identifier(value: object) -> str | None:
    return str(value) if isinstance(value, str | NumberText) else None if value is None else json.dumps(value)
