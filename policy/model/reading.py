"""Policies read into the model from either spelling: the good path straight, all else by way of the syntax tree.

IAM JSON is read as AWS defines it; the text form by its grammar. Faults are collected, never raised, except by `parse`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from policy.diagnostics import Diagnostic, PolicyError
from policy.model.document import (
    Condition,
    Effect,
    Patterns,
    PolicyDocument,
    PrincipalEntry,
    PrincipalKind,
    Principals,
    Statement,
    Version,
)
from policy.model.fast import IrregularError, read_regular
from policy.model.kinds import PolicyKind, kind_faults
from policy.source import Source, Span
from policy.syntax.faults import Faults
from policy.syntax.json_spans import statement_spans
from policy.syntax.json_values import decode
from policy.syntax.names import Names, expand, names_of, principals
from policy.syntax.reading import is_json, read_tree, without_mark
from policy.syntax.tree import Element, Entry, PolicyNode, StatementNode

__all__ = ["PolicyKind", "Reading", "document_of", "locate", "parse", "read_document", "read_policy", "read_tree_of"]

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading gave: the document, unless there is an error; and diagnostics, which may be warnings beside it."""

    document: PolicyDocument | None
    diagnostics: tuple[Diagnostic, ...] = ()


def read_policy(source: Source, *, kind: PolicyKind | None = None) -> Reading:
    """Read a policy in text or IAM JSON: JSON if its first significant character is a bracket or brace."""
    source = without_mark(source)
    if is_json(source.text):
        try:
            return Reading(_regular(decode(source.text), kind, source))
        except (ValueError, RecursionError):
            pass
    return _read_carefully(source, kind)


def read_document(value: object, *, name: str = "<policy>", kind: PolicyKind | None = None) -> Reading:
    """Read a policy from a decoded JSON value. Positions in diagnostics refer to the value printed as JSON."""
    try:
        return Reading(_regular(value, kind, None))
    except IrregularError:
        pass
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        faults = Faults(Source(name, ""))
        faults.add("json-syntax", Span(0, 0), "the value is no JSON, or nests too deep")
        return Reading(None, faults.diagnostics)
    return _read_carefully(Source(name, text), kind)


def parse(text: str, name: str = "<policy>", *, kind: PolicyKind | None = None) -> PolicyDocument:
    """Read a policy in text or IAM JSON; PolicyError holds every fault."""
    reading = read_policy(Source(name, text), kind=kind)
    if reading.document is None:
        raise PolicyError(reading.diagnostics)
    return reading.document


def read_tree_of(source: Source) -> tuple[PolicyNode | None, tuple[Diagnostic, ...]]:
    """The syntax tree of a policy in either spelling, for printing it; None if it has errors."""
    source = without_mark(source)
    faults = Faults(source)
    tree = read_tree(source, faults)
    return None if faults.has_errors else tree, faults.diagnostics


def locate(document: PolicyDocument) -> PolicyDocument:
    """The document with the spans of its statements, for snippets: JSON on the good path is read without them."""
    if document.source is None or all(statement.span for statement in document.statements):
        return document
    spans = statement_spans(document.source.text)
    if len(spans) != len(document.statements):
        return document
    statements = [replace(each, span=span) for each, span in zip(document.statements, spans, strict=True)]
    return replace(document, statements=tuple(statements))


def document_of(tree: PolicyNode, source: Source | None = None) -> PolicyDocument:
    """The meaning of a syntax tree that was read without faults."""
    names = names_of(tree.lets)
    return PolicyDocument(
        version=Version(tree.version.value),
        id=tree.id.value if tree.id else None,
        statements=tuple(_statement(node, names) for node in tree.statements),
        source=source,
    )


def _regular(value: object, kind: PolicyKind | None, source: Source | None) -> PolicyDocument:
    document = read_regular(value)
    if kind is not None and any(chain.from_iterable(kind_faults(each, kind) for each in document.statements)):
        raise IrregularError
    return replace(document, source=source) if source is not None else document


def _read_carefully(source: Source, kind: PolicyKind | None) -> Reading:
    faults = Faults(source)
    tree = read_tree(source, faults)
    if tree is None:
        return Reading(None, faults.diagnostics)
    if kind is not None:
        _check_kind(tree, kind, faults)
    document = None if faults.has_errors else document_of(tree, source)
    return Reading(document, faults.diagnostics)


def _check_kind(tree: PolicyNode, kind: PolicyKind, faults: Faults) -> None:
    """Record what the kind of policy asks of statements, but of those with a fault: an element may only be misspelt."""
    names = names_of(tree.lets)
    starts = [fault.span.start for fault in faults.found]
    for node in tree.statements:
        if not node.effect or any(node.span.start <= start < node.span.end for start in starts):
            continue
        for fault in kind_faults(_statement(node, names), kind):
            span = fault.span or node.span
            faults.add(fault.code, span, fault.message, hint=fault.help, severity=fault.severity)


def _statement(node: StatementNode, names: Names) -> Statement:
    return Statement(
        effect=Effect(node.effect),
        sid=node.sid,
        principals=_principals(node.principal, names),
        actions=_patterns(node.action, names),
        resources=_patterns(node.resource, names),
        conditions=_together(
            [_condition(entry, names) for entry in node.conditions],
            [(entry.qualifier, entry.operator, entry.if_exists) for entry in node.conditions],
        ),
        span=node.span,
    )


def _patterns(element: Element | None, names: Names) -> Patterns | None:
    if element is None:
        return None
    values = tuple(value.text for value in expand(element.values, names))
    return Patterns(values=values, negated=element.negated, span=element.span)


def _principals(element: Element | None, names: Names) -> Principals | None:
    if element is None:
        return None
    entries = tuple(
        PrincipalEntry(PrincipalKind(str(value.member)), value.text) for value in principals(element.values, names)
    )
    return Principals(entries=entries, negated=element.negated, span=element.span)


def _condition(entry: Entry, names: Names) -> Condition:
    return Condition(
        operator=entry.operator,
        key=entry.key,
        values=tuple(value.text for value in expand(entry.values, names)),
        qualifier=entry.qualifier,
        if_exists=entry.if_exists,
        span=entry.span,
    )


def _together(items: Iterable[Item], groups: Iterable[object]) -> tuple[Item, ...]:
    """The items of a group behind one another, as JSON must write them: one meaning, one order."""
    grouped: dict[object, list[Item]] = {}
    for item, group in zip(items, groups, strict=True):
        grouped.setdefault(group, []).append(item)
    return tuple(chain.from_iterable(grouped.values()))
