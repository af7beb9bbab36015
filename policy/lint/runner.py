"""Policies in, findings out: reads each policy, runs every rule that is for its kind, and finds the positions."""

from collections.abc import Iterable
from functools import lru_cache

from policy.diagnostics import Diagnostic
from policy.lint.edits import fix_of
from policy.lint.finding import Finding
from policy.lint.kinds import detect_kind
from policy.lint.places import Places
from policy.lint.rule import Check, Fault, Rule
from policy.lint.sources import Found
from policy.lint.subject import Policy
from policy.lint.table import RULES, rule_of_reader
from policy.model.document import PolicyDocument
from policy.model.kinds import PolicyKind
from policy.model.reading import read_policy, read_tree_of


def lint(found: Found, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """The findings in one policy, in the order of their places; what the reader finds is always among them."""
    reading = read_policy(found.source)
    findings = [_of_reader(diagnostic, found) for diagnostic in reading.diagnostics]
    if reading.document is not None:
        findings += _check(reading.document, found, tuple(rules))
    return sorted(findings, key=lambda finding: finding.position)


def check_document(
    document: PolicyDocument,
    kind: PolicyKind | None,
    rules: tuple[Rule, ...] = RULES,
    *,
    is_stated: bool = False,
    is_partial: bool = False,
) -> list[tuple[Rule, Fault]]:
    """What the rules find in a document that is read already."""
    policy = Policy(document, kind, is_stated=is_stated, is_partial=is_partial)
    faults: list[tuple[Rule, Fault]] = []
    for rule, check in _checks(rules, kind):
        faults += [(rule, fault) for fault in check(policy)]
    return faults


@lru_cache(maxsize=64)
def _checks(rules: tuple[Rule, ...], kind: PolicyKind | None) -> tuple[tuple[Rule, Check], ...]:
    return tuple((rule, rule.check) for rule in rules if rule.check and (not rule.kinds or kind in rule.kinds))


def _check(document: PolicyDocument, found: Found, rules: tuple[Rule, ...]) -> list[Finding]:
    kind = found.kind or detect_kind(document)
    is_stated = found.kind is not None
    faults = check_document(document, kind, rules, is_stated=is_stated, is_partial=found.is_partial)
    if not faults:
        return []
    tree, _ = read_tree_of(found.source)
    if tree is None:  # pragma: no cover - what reads without positions reads with them
        raise AssertionError(found.source.name)
    places = Places(tree, found.source.text)
    return [_located(rule, fault, found, places) for rule, fault in faults]


def _located(rule: Rule, fault: Fault, found: Found, places: Places) -> Finding:
    span = places.span(fault.place)
    source, original = found.place(span)
    diagnostic = Diagnostic(
        code=rule.code,
        message=fault.message,
        source=source,
        span=original,
        severity=fault.severity or rule.severity,
        help=fault.help,
    )
    # An embedded policy is not written as it is read: its text is left alone.
    can_edit = fault.edit is not None and source is found.source and not places.is_named(fault.place)
    fix = fix_of(fault.edit, span, source.text) if fault.edit is not None and can_edit else None
    return Finding(rule=rule, diagnostic=diagnostic, fix=fix)


def _of_reader(diagnostic: Diagnostic, found: Found) -> Finding:
    rule = rule_of_reader(diagnostic.code)
    source, span = found.place(diagnostic.span)
    return Finding(
        rule=rule,
        diagnostic=Diagnostic(
            code=rule.code,
            message=diagnostic.message,
            source=source,
            span=span,
            severity=diagnostic.severity,
            help=diagnostic.help,
        ),
    )
