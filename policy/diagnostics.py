"""Faults as values: a diagnostic says what is wrong, where, and what would help; nothing raises them one at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from policy.source import Source, Span


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    SECURITY_WARNING = "security warning"
    WARNING = "warning"
    SUGGESTION = "suggestion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One fault: a stable code, a one-line message with the user's own text in backticks, its place, and help."""

    code: str
    message: str
    source: Source
    span: Span
    severity: Severity = Severity.ERROR
    help: str | None = None

    @property
    def place(self) -> str:
        """`file:line:column`, as editors read it."""
        line, column = self.source.line_column(self.span.start)
        return f"{self.source.name}:{line}:{column}"


class PolicyError(ValueError):
    """A document with faults, for callers that want an exception: holds every diagnostic."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(render(diagnostic) for diagnostic in self.diagnostics))


def render(diagnostic: Diagnostic) -> str:
    """A diagnostic for a person: place, message, the source line with the offending text underlined, help."""
    source, span = diagnostic.source, diagnostic.span
    line, column = source.line_column(span.start)
    text = source.line_text(line)
    shown, offset = _window(text, column - 1)
    width = max(1, min(span.end - span.start, len(text) - (column - 1), _WINDOW))
    gutter = " " * len(str(line))
    lines = [
        f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}",
        f"{gutter}--> {diagnostic.place}",
        f"{gutter} |",
        f"{line} | {shown}",
        f"{gutter} | {' ' * offset}{'^' * width}",
    ]
    if diagnostic.help:
        lines.append(f"{gutter} = help: {diagnostic.help}")
    return "\n".join(lines)


# A policy minified into one line of 32 KiB must not fill the screen.
_WINDOW = 110


def _window(text: str, index: int) -> tuple[str, int]:
    """The part of a line around an index, and where the index falls in it; tabs become spaces for the underline."""
    start = max(0, index - _WINDOW // 2) if len(text) > _WINDOW else 0
    return text[start : start + _WINDOW].replace("\t", " "), index - start
