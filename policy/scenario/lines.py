"""A scenario file as lines: declarations, grants and expectations, with their spans; every syntax fault is recorded."""

from collections.abc import Iterator
from itertools import groupby

from lark import Token, Transformer, Tree

from policy.scenario.line import Declaration, Expectation, GrantLine, Line, Name, Pairs, Subject, Title
from policy.scenario.recovery import LineRecovery
from policy.scenario.table import read_tables
from policy.source import Source, Span
from policy.syntax.faults import Faults
from policy.syntax.recovery import load, parse
from policy.syntax.strings import unquote

Branch = Tree[Token]


def read_lines(source: Source, faults: Faults) -> tuple[Line, ...]:
    """The lines that could be read; the others are faults."""
    # The grammar ends every line with its line end; the last one may lack it.
    lark = load("scenario.lark", _AS_IT_IS)
    tree = parse(lark, source.text + "\n", LineRecovery(faults).recover)
    return tuple(_Reader(faults).lines(tree)) if tree is not None else ()


class _AsItIs(Transformer[Token, Branch]):
    """The parse tree itself."""


_AS_IT_IS = _AsItIs()


class _Reader:
    """Makes lines of the parse tree."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def lines(self, tree: Branch) -> Iterator[Line]:
        contents = (content for line in _branches(tree) for content in _branches(line))
        for is_table, group in groupby(contents, lambda content: content.data == "row"):
            if is_table:
                rows = (Name(str(token), _span(token)) for content in group for token in _tokens(content))
                yield from read_tables(rows, self._faults)
            else:
                yield from map(self._line, group)

    def _line(self, content: Branch) -> Line:
        span = _span_of(content)
        match str(content.data):
            case "title":
                return Title(self._names(content)[-1], span)
            case "declaration":
                return self._declaration(content, span)
            case "grant":
                return self._grant(content, span)
            case _:
                return self._expectation(content, span)

    def _declaration(self, content: Branch, span: Span) -> Declaration:
        kind, *names = self._names(content)
        clauses, pairs = [], []
        for clause in _branches(content):
            if clause.data == "clause":
                keyword, *values = self._names(clause)
                clauses.append((keyword, tuple(values)))
            else:
                word = _tokens(clause)[0]
                pairs.append((Name(str(word), _span(word)), self._pairs(clause)))
        return Declaration(kind, names[0] if names else None, tuple(clauses), span, tuple(pairs))

    def _grant(self, content: Branch, span: Span) -> GrantLine:
        subjects = [self._subject(branch) for branch in _branches(content) if branch.data == "subject"]
        operations = next(branch for branch in _branches(content) if branch.data == "list")
        key = self._names(content)[1]
        retiring = subjects[1] if len(subjects) > 1 else None
        return GrantLine(key, subjects[0], self._names(operations), retiring, self._where(content), span)

    def _expectation(self, content: Branch, span: Span) -> Expectation:
        _, outcome, action, target = self._names(content)
        subject = self._subject(_branches(content)[0])
        words = " ".join(outcome.text.split())
        at, source_ip = (self._circumstance(content, word) for word in ("AT", "FROM"))
        reasons = [self._names(_branches(branch)[0]) for branch in _branches(content) if branch.data == "because"]
        because = reasons[0] if reasons else ()
        return Expectation(words, subject, action, target, self._where(content), span, at, source_ip, because)

    def _circumstance(self, content: Branch, word: str) -> Name | None:
        """What stands behind `at` or `from`."""
        found = [
            self._name(_tokens(branch)[1])
            for branch in _branches(content)
            if branch.data == "circumstance" and _tokens(branch)[0].type == word
        ]
        if len(found) > 1:
            self._faults.add("scenario-syntax", found[1].span, f"`{word.lower()}` stands twice")
        return found[0] if found else None

    def _subject(self, branch: Branch) -> Subject:
        *kind, name = self._names(branch)
        if kind:
            return Subject(kind[0].text, name)
        is_anonymous = _tokens(branch)[0].type == "ANONYMOUS"
        return Subject("anonymous" if is_anonymous else None, name)

    def _where(self, content: Branch) -> Pairs:
        return tuple(pair for where in _branches(content) if where.data == "where" for pair in self._pairs(where))

    def _pairs(self, branch: Branch) -> Pairs:
        return tuple((self._names(pair)[0], self._names(_branches(pair)[0])) for pair in _branches(branch))

    def _names(self, branch: Branch) -> tuple[Name, ...]:
        """The tokens of a branch itself, strings decoded."""
        return tuple(self._name(token) for token in _tokens(branch) if token.type not in {"COMMA", "EQUALS", "WHERE"})

    def _name(self, token: Token) -> Name:
        span = _span(token)
        if token.type != "STRING":
            return Name(str(token), span)
        try:
            return Name(unquote(str(token)), span)
        except ValueError as error:
            self._faults.add("bad-string", span, f"the string holds {error}")
            return Name(str(token)[1:-1], span)


def _branches(tree: Branch) -> list[Branch]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: Branch) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _span(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)


def _span_of(content: Branch) -> Span:
    tokens = list(content.scan_values(lambda value: isinstance(value, Token)))
    return Span(tokens[0].start_pos or 0, tokens[-1].end_pos or 0)
