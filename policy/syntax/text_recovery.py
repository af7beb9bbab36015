"""What to do at each syntax fault of the text form: say what was expected, and go on with the next line or block."""

import re

from policy.source import Source, Span
from policy.syntax.faults import Faults, clip, did_you_mean
from policy.syntax.recovery import Stuck, expectation
from policy.syntax.spelling import KEYWORDS

_OPENERS = frozenset({"ALLOW", "DENY", "LET", "POLICY", "VERSION"})
_OPERATORS = frozenset(
    {"EQ", "NE", "LE", "LT", "GE", "GT", "LIKE", "IN", "EXISTS", "MISSING", "OPERATOR", "NOT", "QUESTION"}
)
_VALUES = frozenset({"WORD", "STRING", "REFERENCE", "LBRACKET", "AWS", "SERVICE", "FEDERATED", "CANONICAL"})
_KEYS = frozenset({"KEY", "STRING", "ANY", "ALL"})
_LINES = ("PRINCIPAL", "ACTION", "RESOURCE", "WHEN", "NOT")

# Groups of terminals that a reader knows by one name; the first that is wholly expected speaks for its members.
_GROUPS = (
    (
        frozenset({"OPERATOR", "EQ"}),
        _OPERATORS,
        "an operator such as `==`, `like`, `in`, `exists`, or an IAM operator's name",
    ),
    (frozenset({"KEY"}), _KEYS, "a condition key"),
    (frozenset({"WORD", "STRING"}), _VALUES, "a value"),
)

_WORDS = {
    **{name: f"`{name.lower()}`" for name in (*_LINES, "ALLOW", "DENY", "POLICY", "VERSION", "LET")},
    "STRING": "a name in double quotes",
    "WORD": "a value",
    "NAME": "a name",
    "ASSIGN": "`=`",
    "LIKE": "`like`",
    "IN": "`in`",
    "COMMA": "`,`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "RBRACKET": "`]`",
    "NL": "the end of the line",
    "$END": "the end of the document",
}

# What people write who know other notations.
_OTHER_WORDS = {"condition": "when", "conditions": "when", "if": "when", "where": "when"}

_OFFENDER = re.compile(r'"[^"\r\n]*"?|[^\s,"{}#]+|.')
_LINE = re.compile(r"[^\r\n]*")
_CONTENT = re.compile(r'(?:[^"#]|"[^"\\]*(?:\\.[^"\\]*)*"?)*')
_BRACE = re.compile(r"[ \t]*\{")


class TextRecovery:
    """Records syntax faults and brings the parser past them, one line or block at a time."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source = source
        self._faults = faults

    def recover(self, stuck: Stuck) -> bool:
        """Record the fault and repair or skip; False at the end of the text, or when there are too many."""
        found = stuck.token.type if stuck.token is not None else None
        in_block = "RBRACE" in stuck.expected and "WHEN" in stuck.expected
        if in_block and (stuck.at_end or found in _OPENERS):
            self._report_open_block(stuck)
            stuck.feed("RBRACE", "}")
            stuck.feed("NL", "\n")
            if not stuck.at_end:
                stuck.feed_found()
            return not self._faults.full
        self._report(stuck)
        if stuck.at_end or self._faults.full:
            return False
        return self._mend_opening(stuck) or self._skip_line(stuck)

    def _mend_opening(self, stuck: Stuck) -> bool:
        """The opening line of a block is damaged: the block is read all the same."""
        rest = self._rest_of_line(stuck.offset)
        if "LBRACE" in stuck.expected:
            if stuck.token is not None and stuck.token.type == "NL":
                if _BRACE.match(self._source.text, stuck.position):
                    return True
                stuck.feed("LBRACE", "{")
                stuck.feed_found()
                return True
            if rest.endswith("{"):
                stuck.skip_to(stuck.offset + len(rest) - 1)
                return True
        elif "ALLOW" in stuck.expected and rest.endswith("{"):
            stuck.feed("ALLOW", "allow")
            stuck.skip_to(stuck.offset + len(rest) - 1)
            return True
        return False

    def _skip_line(self, stuck: Stuck) -> bool:
        if not stuck.unwind():
            return False
        if stuck.token is not None and stuck.token.type in {"NL", "RBRACE"} and stuck.takes(stuck.token.type):
            stuck.feed_found()
            return True
        start = max(stuck.position, stuck.offset)
        rest = self._rest_of_line(start)
        closes = rest.endswith("}") and not rest.endswith("{}") and stuck.takes("RBRACE")
        line = _LINE.match(self._source.text, start)
        stuck.skip_to(start + len(rest) - 1 if closes else (line.end() if line else start))
        return True

    def _rest_of_line(self, offset: int) -> str:
        """What is left of a line, without its comment."""
        line = _LINE.match(self._source.text, offset)
        content = _CONTENT.match(line[0]) if line else None
        return content[0].rstrip() if content else ""

    def _report_open_block(self, stuck: Stuck) -> None:
        found = "the end of the document" if stuck.at_end else f"`{stuck.token}`"
        self._faults.add(
            "syntax",
            self._span(stuck, str(stuck.token or "")),
            f"found {found}, expected `}}` to close the statement above",
        )

    def _report(self, stuck: Stuck) -> None:
        match = _OFFENDER.match(self._source.text, stuck.offset)
        offender = match[0] if match else ""
        expected = _expected(stuck)
        if offender.startswith('"') and (len(offender) == 1 or not offender.endswith('"')):
            message, hint = "the string is not closed on its line", None
        else:
            found = f"`{clip(offender)}`" if offender else "the end of the line"
            message, hint = f"found {found}, expected {expected}", self._help(stuck, offender)
        self._faults.add("syntax", self._span(stuck, offender), message, hint=hint)

    def _help(self, stuck: Stuck, offender: str) -> str | None:
        if offender[:1] in {"\u201c", "\u201d", "\u2018", "\u2019", "'"}:
            return "strings stand in straight double quotes"
        if offender == "=" and "EQ" in stuck.expected:
            return "a comparison is written `==`"
        if "COMMA" in stuck.expected and self._continues(stuck.offset):
            return "the line above ends in a comma, so its list goes on here"
        if not offender.isascii():
            return "values with other than printable ASCII characters stand in double quotes"
        if "WHEN" in stuck.expected and offender.lower() in _OTHER_WORDS:
            return f"a condition opens with `{_OTHER_WORDS[offender.lower()]}`"
        return did_you_mean(offender, [name.lower() for name in stuck.expected if name.lower() in KEYWORDS])

    def _continues(self, offset: int) -> bool:
        """Whether the line around an offset opens with a keyword that was taken for a value behind a comma."""
        line, column = self._source.line_column(min(offset, len(self._source.text)))
        before = self._source.line_text(line)[: column - 1].split()
        above = self._source.line_text(line - 1) if line > 1 else ""
        return before[:1] != [] and before[0] in KEYWORDS and above.split("#")[0].rstrip().endswith(",")

    def _span(self, stuck: Stuck, offender: str) -> Span:
        # The newline that was put behind the text's last line is not in the source.
        start = min(stuck.offset, len(self._source.text))
        return Span(start, min(start + max(1, len(offender)), max(len(self._source.text), start)))


def _expected(stuck: Stuck) -> str:
    expected, phrases = set(stuck.expected), []
    for needed, members, phrase in _GROUPS:
        if needed <= expected:
            phrases.append(phrase)
            expected -= members
    rest = expectation(expected, _WORDS) if expected & _WORDS.keys() else ""
    return " or ".join([*phrases, rest] if rest else phrases) or "nothing here"
