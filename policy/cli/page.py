"""One self-contained HTML page of decisions: colours, and the reason of a cell on hover and click."""

import json
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template

from policy.evaluate.decision import Outcome

# Class and sign of a cell: the sign says the same to whoever does not see the colour. Most cells are implicit denies,
# and need no class.
_CELLS = {
    Outcome.ALLOW: (' class="allow"', "✓"),
    Outcome.EXPLICIT_DENY: (' class="explicit"', "✕"),
    Outcome.IMPLICIT_DENY: ("", "·"),
}


class Reasons:
    """The reasons of a page, each once; a cell holds the number of its own."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, reason: str) -> int:
        """The number of a reason."""
        return self._numbers.setdefault(reason, len(self._numbers))

    def cell(self, outcome: Outcome, reason: str, count: int = 1) -> str:
        """A cell of a table, or so many alike side by side, which the page's script parts."""
        of_class, sign = _CELLS[outcome]
        alike = f' data-n="{count}"' if count > 1 else ""
        return f'<td{of_class} data-r="{self.number(reason)}"{alike}>{sign}</td>'

    def script(self) -> str:
        """All reasons as a JavaScript literal, with nothing in it that could end the script."""
        return json.dumps(list(self._numbers)).replace("<", "\\u003c")


def page(*, title: str, lead: str, warnings: Iterable[str], body: str, reasons: Reasons) -> str:
    """The page; all but the body is text yet to be escaped."""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return Template(files("policy.cli").joinpath("page.html").read_text(encoding="utf-8")).substitute(
        title=escape(title),
        lead=escape(lead),
        warnings=f'<div class="warnings"><p>Not known:</p><ul>{items}</ul></div>' if items else "",
        body=body,
        reasons=reasons.script(),
    )
