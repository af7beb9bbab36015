"""The faults of one source, collected while it is read; and what a misspelt word may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches

from policy.diagnostics import Diagnostic, Severity
from policy.source import Source, Span

# A file that is no policy at all must not be answered line by line.
MOST_FAULTS = 100

# Comparing words is quadratic in their length, and nobody misspells a word of this size.
_LONGEST_WORD = 64


class Faults:
    """Collects the diagnostics of one source, up to a limit."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Record a fault; past the limit the first further one only says that there are more."""
        if len(self.found) == MOST_FAULTS:
            code, message, hint = (
                "too-many-faults",
                f"there are more than {MOST_FAULTS} faults; the rest are not shown",
                None,
            )
        if not self.full:
            self.found.append(
                Diagnostic(code=code, message=message, source=self.source, span=span, help=hint, severity=severity)
            )

    @property
    def full(self) -> bool:
        """Whether the limit is reached."""
        return len(self.found) > MOST_FAULTS

    @property
    def has_errors(self) -> bool:
        """Whether any of them is an error."""
        return any(fault.severity is Severity.ERROR for fault in self.found)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The faults in the order of their places."""
        return tuple(sorted(self.found, key=lambda fault: fault.span.start))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A help that names the known word nearest to a misspelt one, if one is near."""
    if len(word) > _LONGEST_WORD:
        return None
    spelled = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f"did you mean `{spelled[near[0]]}`?" if near else None


def clip(text: str, length: int = 60) -> str:
    """A user's text as a message shows it: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def one_of(words: Iterable[str]) -> str:
    """A list for a sentence: `a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
