"""From a place in a policy to its span in the text, by way of the syntax tree."""

from collections.abc import Iterator
from dataclasses import replace

from policy.lint.rule import Part, Place
from policy.source import Span
from policy.syntax.names import Names, names_of, principals
from policy.syntax.tree import Element, Entry, PolicyNode, StatementNode, Value, Values


class Places:
    """The spans of one policy."""

    def __init__(self, tree: PolicyNode, text: str) -> None:
        self._tree = tree
        self._text = text
        self._names = names_of(tree.lets)

    def span(self, place: Place) -> Span:
        """The span of a place, or of what holds it when the part itself is not there."""
        if place.statement is None or place.statement >= len(self._tree.statements):
            return self._whole()
        node = self._tree.statements[place.statement]
        match place.part:
            case Part.CONDITION:
                return self._condition(node, place)
            case Part.SID:
                return self._sid(node)
            case Part.PRINCIPAL | Part.ACTION | Part.RESOURCE:
                return self._element(node, place)
            case _:
                return self._first_line(node.span)

    def is_named(self, place: Place) -> bool:
        """Whether the value at the place comes from a named list, so that it is not written there."""
        span = self.span(place)
        return self._text[span.start : span.start + 1] == "@"

    def _whole(self) -> Span:
        version = self._tree.version.span
        if version.end:
            return version
        start = len(self._text) - len(self._text.lstrip())
        return Span(start, min(start + 1, len(self._text)))

    def _first_line(self, span: Span) -> Span:
        end = self._text.find("\n", span.start, span.end)
        return Span(span.start, len(self._text[span.start : end].rstrip()) + span.start) if end > 0 else span

    def _sid(self, node: StatementNode) -> Span:
        return self._first_line(node.span)

    def _element(self, node: StatementNode, place: Place) -> Span:
        element: Element | None = getattr(node, (place.part or "").lower())
        if element is None:
            return self._first_line(node.span)
        values = tuple(_written(element.values, self._names))
        if place.part is Part.PRINCIPAL:
            values = principals(values, self._names)
        if place.item is None or place.item >= len(values):
            return self._first_line(element.span)
        return values[place.item].span

    def _condition(self, node: StatementNode, place: Place) -> Span:
        if place.item is None or place.item >= len(node.conditions):
            return self._first_line(node.span)
        entry = _together(node.conditions)[place.item]
        values = tuple(_written(entry.values, self._names))
        if place.value is None or place.value >= len(values) or not values[place.value].span.end:
            return self._first_line(entry.span)
        return values[place.value].span


def _written(values: Values, names: Names) -> Iterator[Value]:
    """The values that a list stands for; those of a named list stand where it is used."""
    for value in values:
        if isinstance(value, Value):
            yield value
        else:
            yield from (replace(named, span=value.span) for named in names.get(value.name, ()))


def _together(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries in the order of the model, which puts those of one operator together."""
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.qualifier, entry.operator, entry.if_exists), []).append(entry)
    return tuple(entry for group in groups.values() for entry in group)
