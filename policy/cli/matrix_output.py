"""A matrix as text, JSON, CSV or an HTML page, a row at a time."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

from policy.cli.decisions_output import write_csv
from policy.cli.files import print_text
from policy.cli.page import Reasons, page
from policy.evaluate.decision import Decision, Outcome
from policy.explain.brief import brief_reason
from policy.explain.sentence import caller_name
from policy.model.request import Request
from policy.simulate.matrix import Matrix, Row
from policy.simulate.world_names import short_name

Cell = tuple[str, Outcome, str]
"""An action, what was decided, and why."""


def write_matrix(matrix: Matrix, rows: Iterable[Row], warnings: Iterable[str], options: Mapping[str, Any]) -> None:
    """Print a matrix in the form that --output names."""
    match options["output"]:
        case "json":
            _write_json(matrix, rows, warnings)
        case "csv":
            write_csv(_csv_rows(matrix, rows))
        case "html":
            print_text(_page(matrix, rows, warnings))
        case _:
            for lines in _text(matrix, rows, explains=options["explain"]):
                print_text("".join(f"{line}\n" for line in lines))


def cells_of(matrix: Matrix, row: Row) -> list[Cell]:
    """The decisions of a row with their reasons; a decision that several actions share is worded once."""
    worded: dict[int, str] = {}
    cells = []
    for action, decision in zip(matrix.actions, row.decisions, strict=True):
        reason = worded.get(id(decision))
        if reason is None:
            reason = worded[id(decision)] = _reason(row, action, decision)
        cells.append((action, decision.outcome, reason))
    return cells


def _reason(row: Row, action: str, decision: Decision) -> str:
    request = Request(principal=row.principal, action=action, resource=row.key)
    return brief_reason(request, row.policies, decision)


def _csv_rows(matrix: Matrix, rows: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    yield "principal", "action", "key", "decision", "reason"
    for row in rows:
        name, key = caller_name(row.principal), str(row.key)
        yield from ((name, action, key, outcome, reason) for action, outcome, reason in cells_of(matrix, row))


def _write_json(matrix: Matrix, rows: Iterable[Row], warnings: Iterable[str]) -> None:
    """One object, written as it is worked out: `decisions` has a member for every cell."""
    heading = {
        "actions": list(matrix.actions),
        "keys": [str(key) for key in matrix.keys],
        "principals": [caller_name(principal) for principal in matrix.principals],
        "warnings": list(warnings),
    }
    print_text(json.dumps(heading)[:-1] + ', "decisions": [')
    separator = "\n"
    for row in rows:
        place = {"principal": caller_name(row.principal), "key": str(row.key)}
        cells = [
            json.dumps({**place, "action": action, "decision": str(outcome), "reason": reason})
            for action, outcome, reason in cells_of(matrix, row)
        ]
        print_text(separator + ",\n".join(cells))
        separator = ",\n"
    print_text("\n]}\n")


# --- text -------------------------------------------------------------------------------------------------------------


def _text(matrix: Matrix, rows: Iterable[Row], *, explains: bool) -> Iterator[list[str]]:
    """For each key, who may do what; principals without any allow or explicit deny are only counted."""
    for key, of_key in groupby(rows, lambda row: row.key):
        yield [str(key)]
        silent = 0
        for row in of_key:
            lines = list(_text_lines(matrix, row, explains=explains))
            silent += not lines
            if lines:
                yield lines
        if silent:
            yield [f"  {silent} {'principal' if silent == 1 else 'principals'}: implicit deny of everything"]


def _text_lines(matrix: Matrix, row: Row, *, explains: bool) -> Iterator[str]:
    cells = [cell for cell in cells_of(matrix, row) if cell[1] is not Outcome.IMPLICIT_DENY]
    if not cells:
        return
    yield f"  {short_name(caller_name(row.principal))}"
    cells.sort(key=lambda cell: (cell[1], cell[2]) if explains else (cell[1], ""))
    for (outcome, reason), group in groupby(cells, lambda cell: (cell[1], cell[2] if explains else "")):
        yield f"    {outcome}: {', '.join(action for action, _, _ in group)}"
        if reason:
            yield f"      {reason}"


# --- HTML -------------------------------------------------------------------------------------------------------------


# A browser holds as many cells as these without effort. Of more, a key's are made when its part is opened.
_MOST_CELLS = 100_000


def _page(matrix: Matrix, rows: Iterable[Row], warnings: Iterable[str]) -> str:
    found = Reasons()
    tables = [_part(matrix, str(key), of_key, found) for key, of_key in groupby(rows, lambda row: row.key)]
    lead = (
        f"{len(matrix.principals)} principals, {len(matrix.actions)} actions, {len(matrix.keys)} keys: "
        f"{matrix.size:,} decisions. Point at a cell for its reason; a click keeps it."
    )
    return page(title="Who may do what", lead=lead, warnings=warnings, body="\n".join(tables), reasons=found)


def _part(matrix: Matrix, key: str, rows: Iterable[Row], found: Reasons) -> str:
    """A table of one key. Principals that are denied everything for one and the same reason stand below it."""
    is_late = matrix.size > _MOST_CELLS
    lines, silent, counts = [], dict[str, list[str]](), Counter[Outcome]()
    for row in rows:
        cells, name = cells_of(matrix, row), short_name(caller_name(row.principal))
        counts.update(outcome for _, outcome, _ in cells)
        reasons = {reason for _, _, reason in cells}
        if len(reasons) == 1 and all(outcome is Outcome.IMPLICIT_DENY for _, outcome, _ in cells):
            silent.setdefault(reasons.pop(), []).append(name)
        else:
            lines.append(f'<tr><th scope="row">{escape(name)}</th>{_shown(cells, found, is_late=is_late)}</tr>\n')
    actions = "".join(f'<th class="action" scope="col">{escape(action)}</th>' for action in matrix.actions)
    table = f"<table><thead><tr><th>principal</th>{actions}</tr></thead><tbody>\n{''.join(lines)}</tbody></table>"
    rest = "".join(_silent(reason, names) for reason, names in silent.items())
    summary = f"{escape(key)} — {counts[Outcome.ALLOW]} allowed, {counts[Outcome.EXPLICIT_DENY]} explicitly denied"
    inner = f"{table if lines else ''}{rest}"
    if is_late:
        # Names are escaped, so that nothing in it can end the script.
        inner = f'<script type="text/plain">{inner}</script>'
    is_open = " open" if len(matrix.keys) <= 3 else ""
    return f"<details{is_open}><summary>{summary}</summary>{inner}</details>"


def _shown(cells: list[Cell], found: Reasons, *, is_late: bool) -> str:
    if not is_late:
        return "".join(found.cell(outcome, reason) for _, outcome, reason in cells)
    runs = ((cell, sum(1 for _ in run)) for cell, run in groupby(cells, lambda each: each[1:]))
    return "".join(found.cell(outcome, reason, count) for (outcome, reason), count in runs)


def _silent(reason: str, names: list[str]) -> str:
    number = f"{len(names)} {'principal' if len(names) == 1 else 'principals'}"
    listed = escape(", ".join(names))
    summary = f"{number}: implicit deny of everything, {escape(reason)}"
    return f'<details class="rest"><summary>{summary}</summary>{listed}</details>'
