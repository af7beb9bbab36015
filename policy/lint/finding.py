"""A finding: a diagnostic, the rule that it is from, and a fix where one is safe."""

from dataclasses import dataclass

from policy.diagnostics import Diagnostic, Severity
from policy.lint.rule import Rule
from policy.source import Span

# From the most serious on; `--fail-on` names one.
LEVELS = {
    "error": Severity.ERROR,
    "security": Severity.SECURITY_WARNING,
    "warning": Severity.WARNING,
    "suggestion": Severity.SUGGESTION,
}

_RANKS = {severity: rank for rank, severity in enumerate(LEVELS.values())}


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement of a span in the diagnostic's source."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding."""

    rule: Rule
    diagnostic: Diagnostic
    fix: Fix | None = None

    @property
    def position(self) -> tuple[str, int]:
        """What findings are ordered by."""
        return self.diagnostic.source.name, self.diagnostic.span.start


def reaches(severity: Severity, level: Severity) -> bool:
    """Whether a severity is at or above a level."""
    return _RANKS[severity] <= _RANKS[level]
