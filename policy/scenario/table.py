"""Tables of expectations: a heading that names the columns, and an expectation a row.

| outcome | principal | action      | target | kms:EncryptionContext:app |
| allow   | WebServer | kms:Decrypt | files  | web                       |
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from policy.scenario.line import Expectation, Name, Pairs, Subject
from policy.source import Span
from policy.syntax.faults import Faults, clip, did_you_mean, one_of
from policy.syntax.strings import unquote

REQUIRED = ("outcome", "principal", "action", "target")
OPTIONAL = ("at", "from", "because")

_OUTCOMES = ("allow", "deny", "explicit deny", "implicit deny")
_KINDS = ("role", "user", "root", "service", "session", "instance")

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_CELL = re.compile(rf'\|[ \t]*((?:{_STRING}|[^|"])*?)[ \t]*(?=\||$)')
_VALUE = re.compile(rf'[ \t]*({_STRING}|[^,"]*?)[ \t]*(?:,|$)')
_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n")
_RULE = re.compile(r":?-+:?")

Row = Mapping[str, Name]


def read_tables(rows: Iterable[Name], faults: Faults) -> Iterator[Expectation]:
    """The expectations of rows between which no other line stands; a blank line ends a table."""
    table: list[Name] = []
    for row in rows:
        if table and _BLANK_LINE.search(faults.source.text, table[-1].span.end, row.span.start):
            yield from _read_table(table, faults)
            table = []
        table.append(row)
    yield from _read_table(table, faults)


def _read_table(rows: list[Name], faults: Faults) -> Iterator[Expectation]:
    """The expectations of a table, whose first row is its heading."""
    first, *others = rows
    heading = _cells(first)
    if not _check_heading(heading, first, faults):
        return
    for row in others:
        cells = _cells(row)
        if all(_RULE.fullmatch(cell.text) for cell in cells):
            continue
        if len(cells) != len(heading):
            message = f"the row has {len(cells)} cells, its table {len(heading)} columns"
            faults.add("scenario-table", row.span, message)
            continue
        expectation = _expectation(
            {column.text: cell for column, cell in zip(heading, cells, strict=True)}, row.span, faults
        )
        if expectation is not None:
            yield expectation


def _cells(row: Name) -> list[Name]:
    """The cells of a row; behind its last `|` there is none."""
    found = [(each[1], each.start(1)) for each in _CELL.finditer(row.text.rstrip())]
    if found and row.text.rstrip().endswith("|"):
        found.pop()
    return [Name(text, Span(row.span.start + start, row.span.start + start + len(text))) for text, start in found]


def _check_heading(heading: list[Name], row: Name, faults: Faults) -> bool:
    """Whether the heading has the columns that a table needs, and no others than it may."""
    problems = list(_heading_problems(heading, row))
    for span, message, hint in problems:
        faults.add("scenario-table", span, message, hint=hint)
    return not problems


def _heading_problems(heading: list[Name], row: Name) -> Iterator[tuple[Span, str, str | None]]:
    names, known = [column.text for column in heading], (*REQUIRED, *OPTIONAL)
    yield from ((row.span, f"the table has no column `{name}`", None) for name in REQUIRED if name not in names)
    for place, column in enumerate(heading):
        if column.text not in known and ":" not in column.text:
            hint = did_you_mean(column.text, known) or f"expected {one_of(known)} or a condition key"
            yield column.span, f"`{clip(column.text)}` is no column of a table", hint
        if column.text.lower() in [name.lower() for name in names[:place]]:
            yield column.span, f"the column `{clip(column.text)}` stands twice", None


def _expectation(row: Row, span: Span, faults: Faults) -> Expectation | None:
    missing = [name for name in REQUIRED if not row[name].text]
    outcome = " ".join(row["outcome"].text.split())
    for name in missing:
        faults.add("scenario-table", span, f"the row has no {name}")
    if outcome not in _OUTCOMES and "outcome" not in missing:
        hint = did_you_mean(outcome, _OUTCOMES)
        message = f"`{clip(outcome)}` is no outcome, expected {one_of(_OUTCOMES)}"
        faults.add("scenario-table", row["outcome"].span, message, hint=hint)
        return None
    if missing:
        return None
    given = {name: _values(cell, faults) for name, cell in row.items() if cell.text}
    return Expectation(
        outcome=outcome,
        subject=_subject(row["principal"], faults),
        action=given["action"][0],
        target=given["target"][0],
        where=_pairs(row, given),
        span=span,
        at=given["at"][0] if "at" in given else None,
        source_ip=given["from"][0] if "from" in given else None,
        because=given.get("because", ()),
    )


def _pairs(row: Row, given: Mapping[str, tuple[Name, ...]]) -> Pairs:
    """The condition keys; an empty cell gives none."""
    return tuple((Name(name, row[name].span), values) for name, values in given.items() if ":" in name)


def _subject(cell: Name, faults: Faults) -> Subject:
    first, _, rest = cell.text.partition(" ")
    if cell.text == "anonymous":
        return Subject("anonymous", cell)
    if first in _KINDS and rest.strip():
        name = rest.strip()
        start = cell.span.end - len(name)
        return Subject(first, _unquoted(Name(name, Span(start, cell.span.end)), faults))
    return Subject(None, _unquoted(cell, faults))


def _values(cell: Name, faults: Faults) -> tuple[Name, ...]:
    """The values of a cell, with commas between them."""
    found = []
    for each in _VALUE.finditer(cell.text):
        if each[1]:
            start = cell.span.start + each.start(1)
            found.append(_unquoted(Name(each[1], Span(start, start + len(each[1]))), faults))
    return tuple(found) or (cell,)


def _unquoted(name: Name, faults: Faults) -> Name:
    if not (len(name.text) > 1 and name.text.startswith('"') and name.text.endswith('"')):
        return name
    try:
        return Name(unquote(name.text), name.span)
    except ValueError as error:
        faults.add("bad-string", name.span, f"the string holds {error}")
        return name
