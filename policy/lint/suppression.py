"""Comments that allow a finding: `# wardkey: ignore CODE` on its line, above it, or at its statement's opening.

The text form and YAML have comments; JSON is configured by file. A comment that allows nothing is itself a finding.
"""

import re
from dataclasses import dataclass

from policy.diagnostics import Diagnostic
from policy.lint.finding import Finding, Fix
from policy.lint.rule import Rule
from policy.lint.selection import is_selected_by
from policy.source import Source, Span

_COMMENT = re.compile(r"#[ \t]*wardkey:[ \t]*ignore\b[ \t:=]*(?P<codes>[^#\n]*)", re.IGNORECASE)
_OPENING = re.compile(r"[ \t]*(?:allow|deny)\b.*\{")
_ESCAPED = re.compile(r"\\.")
_SEPARATOR = re.compile(r"[,\s]+")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment: the rules it names, and the lines it is about (first and last, counted from 1)."""

    span: Span
    selectors: tuple[str, ...]
    lines: tuple[int, int]


def suppressions_in(source: Source) -> tuple[Suppression, ...]:
    """The comments of a text."""
    if "wardkey" not in source.text or source.text.lstrip()[:1] in {"{", "["}:
        return ()
    lines = source.text.splitlines()
    return tuple(
        _read(found, source, lines) for found in _COMMENT.finditer(source.text) if not _is_in_string(found, source.text)
    )


def _is_in_string(found: re.Match[str], text: str) -> bool:
    """Whether the `#` stands behind an odd number of quotes on its line: strings of the text form end on theirs."""
    before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    return _ESCAPED.sub("", before).count('"') % 2 == 1


def _read(found: re.Match[str], source: Source, lines: list[str]) -> Suppression:
    line, column = source.line_column(found.start())
    first = line
    if not lines[line - 1][: column - 1].strip():
        # Alone on its line, it speaks of the next line that is no comment.
        first = next((n for n in range(line + 1, len(lines) + 1) if _is_code(lines[n - 1])), line)
    last = first
    if _OPENING.match(lines[first - 1]):
        last = next((n for n in range(first, len(lines) + 1) if lines[n - 1].strip().startswith("}")), first)
    selectors = tuple(word for word in _SEPARATOR.split(found["codes"].strip()) if word)
    return Suppression(Span(found.start(), found.start() + len(found[0].rstrip())), selectors, (first, last))


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def apply_suppressions(
    findings: list[Finding], source: Source, rules: tuple[Rule, ...], unused: Rule | None
) -> list[Finding]:
    """The findings that no comment allows, and one of the rule `unused` for each name that allows nothing."""
    suppressions = suppressions_in(source)
    if not suppressions:
        return findings
    used: set[tuple[int, str]] = set()
    kept = [finding for finding in findings if not _is_allowed(finding, suppressions, source, used)]
    if unused is not None:
        for index, each in enumerate(suppressions):
            kept += _complaints(each, {name for at, name in used if at == index}, source, rules, unused)
    return kept


def _is_allowed(
    finding: Finding, suppressions: tuple[Suppression, ...], source: Source, used: set[tuple[int, str]]
) -> bool:
    line, _ = source.line_column(finding.diagnostic.span.start)
    allowed = False
    for index, each in enumerate(suppressions):
        for selector in each.selectors:
            if each.lines[0] <= line <= each.lines[1] and is_selected_by(finding.rule, selector):
                used.add((index, selector))
                allowed = True
    return allowed


def _complaints(
    suppression: Suppression, used: set[str], source: Source, rules: tuple[Rule, ...], unused: Rule
) -> list[Finding]:
    if not suppression.selectors:
        return [_complaint(unused, source, suppression.span, "the comment names no rule, so it allows nothing", None)]
    idle = [name for name in suppression.selectors if name not in used and _could_fire(name, rules)]
    # The comment goes as a whole or stays: half of it may carry a reason behind the codes.
    fix = Fix(suppression.span, "") if len(idle) == len(suppression.selectors) else None
    return [
        _complaint(unused, source, suppression.span, f"`{name}` finds nothing here to be ignored", fix) for name in idle
    ]


def _could_fire(selector: str, rules: tuple[Rule, ...]) -> bool:
    """Whether the selector is of a rule that is run, or of none at all; a rule that is switched off proves nothing."""
    from policy.lint.table import RULES  # the table imports the rules, and `unused-suppression` this module's words

    return any(is_selected_by(rule, selector) for rule in rules) or not any(
        is_selected_by(rule, selector) for rule in RULES
    )


def _complaint(unused: Rule, source: Source, span: Span, message: str, fix: Fix | None) -> Finding:
    diagnostic = Diagnostic(
        code=unused.code,
        message=message,
        source=source,
        span=span,
        severity=unused.severity,
        help="remove it, or name the rule that it is for: `# wardkey: ignore CODE`",
    )
    return Finding(rule=unused, diagnostic=diagnostic, fix=fix)
