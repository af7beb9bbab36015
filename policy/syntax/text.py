"""The text form to the syntax tree: Lark parses, then each line becomes a node with its comments; faults are kept."""

from collections.abc import Iterator
from dataclasses import replace

from lark import Token, Tree

from policy.catalogue.operators import Operator
from policy.source import Source, Span
from policy.syntax.comments import attach, split_comments, without_last_blank
from policy.syntax.conditions import refuse_repeated
from policy.syntax.elements import CURRENT_VERSION, VERSIONS
from policy.syntax.faults import Faults, clip, one_of
from policy.syntax.recovery import load, parse
from policy.syntax.spelling import NULL_VALUES, QUALIFIERS
from policy.syntax.text_conditions import choose_operator
from policy.syntax.text_recovery import TextRecovery
from policy.syntax.text_values import ValueReader, span_of
from policy.syntax.tree import Comments, Element, Entry, Header, Let, PolicyNode, StatementNode, Value, Values

Branch = Tree[Token]

_EFFECTS = {"ALLOW": "Allow", "DENY": "Deny"}


def read_text(source: Source, faults: Faults) -> PolicyNode | None:
    """The syntax tree of a policy in the text form, every fault recorded; None if nothing could be made of the text."""
    # The grammar ends every line with its line end; the last one may lack it.
    tree = parse(load("policy.lark"), source.text + "\n", TextRecovery(source, faults).recover)
    return _Reader(faults).policy(tree) if tree is not None else None


class _Reader:
    """Makes nodes of the parse tree; what is unfit is recorded and left out."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._values = ValueReader(faults)
        self._end_of_text = len(faults.source.text)

    def policy(self, tree: Branch) -> PolicyNode:
        opening, *items = tree.children
        _, pending = split_comments(_token_or_none(opening), at_line_start=True)
        headers: dict[str, Header] = {}
        lets: list[Let] = []
        statements: list[StatementNode] = []
        for item in map(_branch, items):
            comments, pending = attach(pending, _token(item.children[-1]))
            if item.data == "let":
                lets.append(self._let(item, comments))
            elif item.data == "statement":
                statements.append(self._statement(item, comments))
            elif item.data != "fault":
                self._header(item, comments, headers)
        if not statements and not self._faults.has_errors:
            self._faults.add("empty-policy", Span(0, 0), "the policy has no statement, expected at least one")
        return PolicyNode(
            version=headers.get("version", Header(value=CURRENT_VERSION)),
            id=headers.get("policy"),
            lets=tuple(lets),
            statements=tuple(statements),
            closing=without_last_blank(pending),
        )

    def _header(self, item: Branch, comments: Comments, headers: dict[str, Header]) -> None:
        """A `policy` or `version` line."""
        name = str(item.data)
        token = _token(item.children[1])
        header = Header(value=self._values.string(token), comments=comments, span=span_of(token))
        if name in headers:
            self._faults.add("duplicate-line", header.span, f"there is a second `{name}` line, expected one")
        if name == "version" and header.value not in VERSIONS:
            self._faults.add(
                "invalid-version",
                header.span,
                f"`{clip(header.value)}` is no version of the policy language, expected {one_of(VERSIONS)}",
                hint="the version is that of the language, not the date of the policy",
            )
        headers.setdefault(name, header)

    def _let(self, item: Branch, comments: Comments) -> Let:
        name = _token(item.children[1])
        values = self._values.values(_branch(item.children[3]))
        self._values.name(name, values)
        return Let(name=str(name), values=values, comments=comments, span=span_of(name))

    def _statement(self, item: Branch, comments: Comments) -> StatementNode:
        effect, sid, _, opening, *lines, closing, _ = item.children
        trailing, pending = split_comments(_token_or_none(opening))
        elements: dict[str, Element] = {}
        entries: list[Entry] = []
        for line, end in _lines(lines):
            its, pending = attach(pending, end)
            if line.data == "when":
                entries.extend(self._entry(line, its))
            elif line.data != "faulty_line":
                self._element(line, its, elements)
        refuse_repeated(entries, self._faults)
        # A comment behind the closing brace becomes the last one inside; `trailing` is that of the opening line.
        after = (comments.trailing,) if comments.trailing else ()
        return StatementNode(
            effect=_EFFECTS[_token(effect).type],
            sid=self._values.string(_token(sid)) if sid is not None else None,
            principal=elements.get("principal"),
            action=elements.get("action"),
            resource=elements.get("resource"),
            conditions=tuple(entries),
            comments=replace(comments, trailing=trailing),
            closing=(*without_last_blank(pending), *after),
            # A brace that was put in at the end stands behind the text.
            span=Span(span_of(_token(effect)).start, min(span_of(_token(closing)).end, self._end_of_text)),
        )

    def _element(self, line: Branch, comments: Comments, elements: dict[str, Element]) -> None:
        """A `principal`, `action` or `resource` line, with or without `not`."""
        negation, keyword, listed = line.children
        name = str(line.data)
        first, branch = _token(negation if negation is not None else keyword), _branch(listed)
        values = self._values.principals(branch) if name == "principal" else self._values.plain_values(branch)
        if name in elements:
            self._faults.add(
                "duplicate-line",
                Span(span_of(first).start, span_of(_token(keyword)).end),
                f"there is a second `{name}` line in the statement, expected one",
                hint="put the values into one list; `not` and the plain form cannot stand together",
            )
        span = Span(span_of(first).start, _end(branch))
        elements.setdefault(name, Element(values=values, negated=negation is not None, comments=comments, span=span))

    def _entry(self, line: Branch, comments: Comments) -> Iterator[Entry]:
        """A `when` line; nothing if its operator cannot be told."""
        when, qualifier, key, if_exists, test = line.children
        branch = _branch(test)
        operator, values = self._test(branch)
        if operator is Operator.NULL and if_exists is not None:
            self._faults.add(
                "unknown-operator",
                span_of(_token(if_exists)),
                "`?` cannot stand with a test for existence",
                hint="`Null` takes no `IfExists`: it is about existence already",
            )
        elif operator is not None:
            yield Entry(
                operator=operator,
                qualifier=QUALIFIERS[str(qualifier)] if qualifier is not None else None,
                if_exists=if_exists is not None,
                key=self._values.string(_token(key)),
                values=values,
                comments=comments,
                span=Span(span_of(_token(when)).start, _end(branch)),
            )

    def _test(self, branch: Branch) -> tuple[Operator | None, Values]:
        if branch.data != "compare":
            return Operator.NULL, (Value(text=NULL_VALUES[str(branch.data)]),)
        comparison, listed = map(_branch, branch.children)
        values = self._values.plain_values(listed)
        known = self._values.knows(values)
        return choose_operator(comparison, values, self._values.names, self._faults) if known else None, values


def _lines(children: list[Branch | Token]) -> Iterator[tuple[Branch, Token | None]]:
    """The lines of a block with the line ends behind them; the last line may have none."""
    for child, end in zip(children, [*children[1:], None], strict=True):
        if isinstance(child, Tree):
            yield child, _token_or_none(end)


def _end(branch: Branch) -> int:
    """Where the last token of a branch ends."""
    last = branch.children[-1]
    return _end(last) if isinstance(last, Tree) else span_of(_token(last)).end


# Which child is a token and which a branch is said by the grammar; these tell the type checker.
def _token(child: Branch | Token | None) -> Token:
    if isinstance(child, Token):
        return child
    raise TypeError(child)


def _branch(child: Branch | Token | None) -> Branch:
    if isinstance(child, Tree):
        return child
    raise TypeError(child)


def _token_or_none(child: Branch | Token | None) -> Token | None:
    return child if isinstance(child, Token) else None
