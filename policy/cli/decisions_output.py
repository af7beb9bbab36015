"""The answers to a table of requests: as text, as a JSON object a line, as CSV, as an HTML page."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

from policy.cli.files import print_text
from policy.cli.page import Reasons, page
from policy.evaluate.decision import Decision
from policy.explain.brief import brief_reason
from policy.explain.explain import explain
from policy.explain.reasons import reasons
from policy.explain.sentence import caller_name
from policy.model.policies import PolicySet
from policy.model.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One request of a table, decided."""

    id: str | None
    request: Request
    policies: PolicySet
    decision: Decision

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons in full."""
        return reasons(explain(self.request, self.policies, self.decision))

    @property
    def brief(self) -> str:
        """The reason in one line."""
        return brief_reason(self.request, self.policies, self.decision)


def write_answers(answers: Iterable[Answer], options: Mapping[str, Any]) -> None:
    """Print the answers in the form that --output names, each as it comes."""
    match options["output"]:
        case "json":
            for answer in answers:
                print_text(json.dumps(_as_json(answer)) + "\n")
        case "csv":
            write_csv(_csv_rows(answers))
        case "html":
            print_text(_page(answers))
        case _:
            for answer in answers:
                print_text("".join(f"{line}\n" for line in _as_text(answer, explains=options["explain"])))


def write_csv(rows: Iterable[Iterable[object]]) -> None:
    """Print rows as CSV with the line ends of Unix."""
    for row in rows:
        line = StringIO()
        csv.writer(line, lineterminator="\n").writerow(["" if each is None else _inert(str(each)) for each in row])
        print_text(line.getvalue())


def _inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _as_text(answer: Answer, *, explains: bool) -> Iterator[str]:
    request = answer.request
    mark = f"{answer.id}: " if answer.id else ""
    name = caller_name(request.principal)
    yield f"{mark}{answer.decision.outcome}: {name} {request.action} {request.resource_text}"
    if explains:
        yield from (f"  - {reason}" for reason in answer.reasons)


def _as_json(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "principal": caller_name(answer.request.principal),
        "action": answer.request.action,
        "resource": answer.request.resource_text,
        "decision": str(answer.decision.outcome),
        "reasons": list(answer.reasons),
    }


def _csv_rows(answers: Iterable[Answer]) -> Iterator[tuple[object, ...]]:
    yield "id", "principal", "action", "resource", "decision", "reason"
    for answer in answers:
        request = answer.request
        name = caller_name(request.principal)
        yield answer.id, name, request.action, request.resource_text, answer.decision.outcome, answer.brief


def _page(answers: Iterable[Answer]) -> str:
    found = Reasons()
    rows = [_page_row(answer, found) for answer in answers]
    heading = "<thead><tr><th>principal</th><th>decision</th><th>action</th><th>resource</th></tr></thead>"
    body = f"<table>{heading}<tbody>{''.join(rows)}</tbody></table>"
    return page(title="Decisions", lead=f"{len(rows)} requests", warnings=(), body=body, reasons=found)


def _page_row(answer: Answer, found: Reasons) -> str:
    request = answer.request
    cell = found.cell(answer.decision.outcome, "; ".join(answer.reasons))
    name, action, resource = map(escape, (caller_name(request.principal), request.action, request.resource_text))
    return f'<tr data-action="{action}"><th>{name}</th>{cell}<td>{action}</td><td>{resource}</td></tr>\n'
