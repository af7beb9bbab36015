"""One file to its findings: the policies in it, the rules, what comments and the configuration suppress."""

from dataclasses import dataclass, field

from policy.diagnostics import Diagnostic, Severity
from policy.lint.config import Config
from policy.lint.finding import Finding
from policy.lint.rule import Rule
from policy.lint.runner import lint, lint_together
from policy.lint.selection import is_selected_by
from policy.lint.sources import policies_in
from policy.lint.suppression import apply_suppressions
from policy.lint.table import BYTE_ORDER_MARK, RULES, UNUSED_SUPPRESSION, rule_of_reader
from policy.model.kinds import PolicyKind
from policy.source import Source, Span

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked of a run."""

    rules: tuple[Rule, ...] = RULES
    kind: PolicyKind | None = None
    config: Config = field(default_factory=Config)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What came of one file. `is_unusable` says that some policy of it could not be read.

    `allowed` are the pairs of pattern and selector from the configuration that allowed something here, `matched` those
    that could have.
    """

    findings: tuple[Finding, ...] = ()
    policies: int = 0
    is_unusable: bool = False
    allowed: frozenset[tuple[str, str]] = frozenset()
    matched: frozenset[tuple[str, str]] = frozenset()


def lint_source(source: Source, options: Options) -> FileResult:
    """Lint all policies of a file."""
    findings: list[Finding] = []
    if source.text.startswith(_MARK):
        findings.append(_byte_order_mark(source))
        source = Source(source.name, source.text.removeprefix(_MARK))
    policies = policies_in(source, options.kind)
    findings += [_of_file(diagnostic) for diagnostic in policies.diagnostics]
    for found in policies.found:
        findings += lint(found, options.rules)
    findings += lint_together(policies.found, options.rules)
    is_unusable = any(map(_is_unreadable, findings))
    # What cannot be read is always said, whatever is selected.
    findings = [each for each in findings if each.rule in options.rules or _is_unreadable(each)]
    unused = UNUSED_SUPPRESSION if UNUSED_SUPPRESSION in options.rules else None
    findings = apply_suppressions(findings, source, options.rules, unused)
    matched = options.config.ignored_for(source.name)
    allowed = {pair for pair in matched if any(is_selected_by(each.rule, pair[1]) for each in findings)}
    kept = [each for each in findings if not any(is_selected_by(each.rule, selector) for _, selector in matched)]
    return FileResult(
        findings=tuple(sorted(kept, key=lambda finding: finding.position)),
        policies=len(policies.found),
        is_unusable=is_unusable,
        allowed=frozenset(allowed),
        matched=frozenset(matched),
    )


def unusable_file(name: str, message: str, text: str = "", offset: int = 0) -> FileResult:
    """The result for a file that holds nothing to lint; says so at a place in what can be read of it."""
    rule = rule_of_reader("json-syntax")
    diagnostic = Diagnostic(code=rule.code, message=message, source=Source(name, text), span=Span(offset, offset))
    return FileResult(findings=(Finding(rule=rule, diagnostic=diagnostic),), is_unusable=True)


def unused_ignores(results: list[FileResult], options: Options) -> list[Finding]:
    """Findings for what `per-file-ignores` says of files that were linted, in vain."""
    source = options.config.source
    if source is None or UNUSED_SUPPRESSION not in options.rules:
        return []
    matched = frozenset[tuple[str, str]]().union(*[result.matched for result in results])
    allowed = frozenset[tuple[str, str]]().union(*[result.allowed for result in results])
    findings = []
    for pattern, selector in sorted(matched - allowed):
        start = max(0, source.text.find(selector, max(0, source.text.find(pattern))))
        diagnostic = Diagnostic(
            code=UNUSED_SUPPRESSION.code,
            message=f"`{selector}` finds nothing to be ignored in `{pattern}`",
            source=source,
            span=Span(start, start + len(selector)),
            severity=UNUSED_SUPPRESSION.severity,
            help="remove it from `per-file-ignores`",
        )
        findings.append(Finding(rule=UNUSED_SUPPRESSION, diagnostic=diagnostic))
    return findings


def _is_unreadable(finding: Finding) -> bool:
    return bool(finding.rule.reader_codes) and finding.diagnostic.severity is Severity.ERROR


def _of_file(diagnostic: Diagnostic) -> Finding:
    return Finding(rule=rule_of_reader(diagnostic.code), diagnostic=diagnostic)


def _byte_order_mark(source: Source) -> Finding:
    diagnostic = Diagnostic(
        code=BYTE_ORDER_MARK.code,
        message="the file begins with a byte order mark, which is no JSON and which AWS refuses",
        source=source,
        span=Span(0, 1),
        help="save it as UTF-8 without a mark; `policy fmt` writes it so",
    )
    return Finding(rule=BYTE_ORDER_MARK, diagnostic=diagnostic)
