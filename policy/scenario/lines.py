"""A scenario file as lines: declarations, grants and expectations, with their spans; every syntax fault is recorded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token, Transformer, Tree

from policy.source import Source, Span
from policy.syntax.faults import Faults, clip, did_you_mean
from policy.syntax.recovery import Stuck, expectation, load, parse
from policy.syntax.strings import unquote

Branch = Tree[Token]


@dataclass(frozen=True, slots=True)
class Name:
    """A word or string of a line."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Title:
    """`scenario "…"`: what follows is a scenario of its own."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Declaration:
    """`role NAME policy "file"`: a kind of thing, its name, and clauses with their values."""

    kind: Name
    name: Name | None
    clauses: tuple[tuple[Name, tuple[Name, ...]], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Subject:
    """A principal as a line names it: `role NAME`, `anonymous`, or a bare name or ARN (then `kind` is None)."""

    kind: str | None
    name: Name


Pairs = tuple[tuple[Name, tuple[Name, ...]], ...]


@dataclass(frozen=True, slots=True)
class GrantLine:
    """`grant KEY to PRINCIPAL operations …`; the pairs are the encryption context that the grant asks for."""

    key: Name
    grantee: Subject
    operations: tuple[Name, ...]
    retiring: Subject | None
    where: Pairs
    span: Span


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect OUTCOME PRINCIPAL ACTION TARGET where …`; the outcome `deny` is either deny."""

    outcome: str
    subject: Subject
    action: Name
    target: Name
    where: Pairs
    span: Span


Line = Title | Declaration | GrantLine | Expectation


def read_lines(source: Source, faults: Faults) -> tuple[Line, ...]:
    """The lines that could be read; the others are faults."""
    # The grammar ends every line with its line end; the last one may lack it.
    lark = load("scenario.lark", _AS_IT_IS)
    tree = parse(lark, source.text + "\n", _Recovery(faults).recover)
    return tuple(_Reader(faults).lines(tree)) if tree is not None else ()


class _AsItIs(Transformer[Token, Branch]):
    """The parse tree itself."""


_AS_IT_IS = _AsItIs()


class _Reader:
    """Makes lines of the parse tree."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def lines(self, tree: Branch) -> Iterator[Line]:
        for line in _branches(tree):
            for content in _branches(line):
                yield self._line(content)

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
        clauses = []
        for clause in _branches(content):
            keyword, *values = self._names(clause)
            clauses.append((keyword, tuple(values)))
        return Declaration(kind, names[0] if names else None, tuple(clauses), span)

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
        return Expectation(words, subject, action, target, self._where(content), span)

    def _subject(self, branch: Branch) -> Subject:
        *kind, name = self._names(branch)
        if kind:
            return Subject(kind[0].text, name)
        is_anonymous = _tokens(branch)[0].type == "ANONYMOUS"
        return Subject("anonymous" if is_anonymous else None, name)

    def _where(self, content: Branch) -> Pairs:
        pairs = (pair for where in _branches(content) if where.data == "where" for pair in _branches(where))
        return tuple((self._names(pair)[0], self._names(_branches(pair)[0])) for pair in pairs)

    def _names(self, branch: Branch) -> tuple[Name, ...]:
        """The tokens of a branch itself, strings decoded."""
        return tuple(self._name(token) for token in _tokens(branch) if token.type not in {"COMMA", "EQUALS", "WHERE"})

    def _name(self, token: Token) -> Name:
        span = Span(token.start_pos or 0, token.end_pos or 0)
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


def _span_of(content: Branch) -> Span:
    tokens = list(content.scan_values(lambda value: isinstance(value, Token)))
    return Span(tokens[0].start_pos or 0, tokens[-1].end_pos or 0)


_WORDS = {
    "SCENARIO": "`scenario`",
    "KIND": "a declaration (`account`, `key`, `role`, `user`, `instance` …)",
    "GRANT": "`grant`",
    "EXPECT": "`expect`",
    "OUTCOME": "`allow`, `deny`, `explicit deny` or `implicit deny`",
    "SUBJECT": "a principal",
    "ANONYMOUS": "a principal",
    "CLAUSE": "a clause (`policy`, `path`, `boundary` …)",
    "TO": "`to`",
    "OPERATIONS": "`operations`",
    "RETIRING": "`retiring`",
    "WHERE": "`where`",
    "AND": "`and`",
    "EQUALS": "`=`",
    "KEY": "a condition key",
    "WORD": "a name",
    "STRING": "a string in double quotes",
    "COMMA": "`,`",
    "NL": "the end of the line",
    "$END": "the end of the file",
}
_SPELLINGS = {
    "KIND": "account alias anonymous endpoint group instance key role service session user",
    "CLAUSE": "arn boundary groups key path policy rcp role scp trust",
    "OUTCOME": "allow deny explicit implicit",
    **{name: name.lower() for name in ("SCENARIO", "GRANT", "EXPECT", "WHERE", "AND", "TO", "OPERATIONS")},
}
_OFFENDER = re.compile(r'[^\s"]+|"[^"\n]*"?|.', re.DOTALL)
_REST = re.compile(r"[^\r\n]*")


class _Recovery:
    """What to do at each fault: record it, and give up its line."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def recover(self, stuck: Stuck) -> bool:
        """Record the fault and bring the parser to the end of the line."""
        self._report(stuck)
        if self._faults.full or stuck.at_end or not stuck.unwind():
            return False
        if stuck.token is not None and stuck.token.type == "NL":
            stuck.feed_found()
            return True
        rest = _REST.match(stuck.text, max(stuck.position, stuck.offset))
        stuck.skip_to(rest.end() if rest else len(stuck.text))
        return True

    def _report(self, stuck: Stuck) -> None:
        expected = expectation(stuck.expected, _WORDS)
        text = self._faults.source.text
        if stuck.at_end or (stuck.token is not None and stuck.token.type == "NL"):
            end = min(stuck.offset, len(text))
            self._faults.add("scenario-syntax", Span(end, end + 1), f"the line ends, expected {expected}")
            return
        found = _OFFENDER.match(text, stuck.offset)
        offender = found[0] if found else ""
        known = " ".join(_SPELLINGS.get(name, "") for name in sorted(stuck.expected)).split()
        self._faults.add(
            "scenario-syntax",
            Span(stuck.offset, stuck.offset + max(1, len(offender))),
            f"found `{clip(offender)}`, expected {expected}",
            hint=did_you_mean(offender, known),
        )
