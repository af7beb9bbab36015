"""Policies in, findings out: reads each policy, runs every rule that is for its kind, and finds the positions."""

from collections.abc import Iterable
from functools import lru_cache

from policy.diagnostics import Diagnostic
from policy.lint.edits import fix_of
from policy.lint.finding import Finding
from policy.lint.json_places import JsonPlaces
from policy.lint.kinds import detect_kind
from policy.lint.places import Places
from policy.lint.rule import Check, Fault, Member, Rule
from policy.lint.sources import Found
from policy.lint.subject import Policy
from policy.lint.table import RULES, rule_of_reader
from policy.model.document import PolicyDocument
from policy.model.fast import read_regular
from policy.model.kinds import PolicyKind
from policy.model.reading import read_policy, read_tree_of
from policy.source import Source
from policy.syntax.json_values import decode
from policy.syntax.reading import is_json


def lint(found: Found, rules: Iterable[Rule] = RULES) -> list[Finding]:
    """The findings in one policy, in the order of their places; what the reader finds is always among them."""
    reading = read_policy(found.source)
    findings = [_of_reader(diagnostic, found) for diagnostic in reading.diagnostics]
    if reading.document is not None:
        findings += _check(reading.document, found, tuple(rules))
    return sorted(findings, key=lambda finding: finding.position)


def lint_together(found: tuple[Found, ...], rules: Iterable[Rule] = RULES) -> list[Finding]:
    """What the rules find that look at all policies of a template at once."""
    checks = [(rule, rule.check_together) for rule in rules if rule.check_together]
    if not checks or len(found) < 2 or found[0].rendered is None:
        return []
    members: dict[Member, Found] = {}
    for each in found:
        document = read_policy(each.source).document
        if document is not None and each.rendered is not None:
            policy = Policy(document, each.kind or detect_kind(document), is_stated=True, is_partial=each.is_partial)
            members[Member(each.rendered.owner, policy)] = each
    faults = [(rule, member, fault) for rule, check in checks for member, fault in check(tuple(members))]
    return [_locate([(rule, fault)], members[member])[0] for rule, member, fault in faults]


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
    return _locate(faults, found) if faults else []


def _locate(faults: list[tuple[Rule, Fault]], found: Found) -> list[Finding]:
    places = _places(found.source)
    return [_located(rule, fault, found, places) for rule, fault in faults]


def _places(source: Source) -> JsonPlaces | Places:
    """The quick way to positions for JSON that the quick reader takes; the syntax tree's for all else."""
    if is_json(source.text):
        try:
            read_regular(decode(source.text))
        except (ValueError, RecursionError):
            pass
        else:
            return JsonPlaces(source.text)
    tree, _ = read_tree_of(source)
    if tree is None:  # pragma: no cover - what reads without positions reads with them
        raise AssertionError(source.name)
    return Places(tree, source.text)


def _located(rule: Rule, fault: Fault, found: Found, places: JsonPlaces | Places) -> Finding:
    span = places.span(fault.place)
    source, original = found.place(span)
    diagnostic = Diagnostic(
        code=rule.code,
        message=found.wording(fault.message),
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
            message=found.wording(diagnostic.message),
            source=source,
            span=span,
            severity=diagnostic.severity,
            help=diagnostic.help,
        ),
    )
