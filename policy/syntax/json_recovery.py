"""What to do at each syntax fault of a JSON text: say what was expected, and go on with the next value."""

import re

from policy.source import Source, Span
from policy.syntax.faults import Faults, clip
from policy.syntax.recovery import Stuck, expectation

_WORDS = {
    "COMMA": "`,`",
    "COLON": "`:`",
    "RBRACE": "`}`",
    "RBRACKET": "`]`",
    "STRING": "a string in double quotes",
    "NUMBER": "a number",
    "TRUE": "`true`",
    "FALSE": "`false`",
    "NULL": "`null`",
    "LBRACE": "`{`",
    "LBRACKET": "`[`",
    "$END": "the end of the document",
}
_A_VALUE = frozenset({"STRING", "NUMBER", "TRUE", "FALSE", "NULL", "LBRACE", "LBRACKET"})
_CLOSERS = frozenset({"RBRACE", "RBRACKET"})

_HELPS = (
    (re.compile("['\u2018\u2019\u201c\u201d]"), "JSON strings stand in straight double quotes"),
    (re.compile(r"//|/\*|#"), "JSON has no comments; the text form has, behind `#`"),
    (re.compile("(?:True|False)\\b"), "JSON writes `true` and `false` in lower case"),
    (re.compile("None\\b"), "JSON writes `null`"),
)

# What is skipped after a fault: up to the next comma or closing bracket, past whole strings.
_REST = re.compile(r'(?:[^,}\]"\n]|"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")*')
_OPEN_STRING = re.compile(r'"[^"\n]*?(?=,?[ \t\r]*(?:\n|\Z))')
_COMMENT = re.compile(r"(?://|#)[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?")
_OFFENDER = re.compile(r"[\w.+'-]+|//[^\n]*|.", re.DOTALL)


class JsonRecovery:
    """Records the syntax faults of a JSON text and brings the parser past them, as far as the text has a shape."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source = source
        self._faults = faults

    def recover(self, stuck: Stuck) -> bool:
        """Record the fault and repair or skip; False at the end, where nesting is lost, or when there are too many."""
        if stuck.at_end:
            self._report_end(stuck)
            return False
        self._report(stuck)
        if self._faults.full or _has_lost_nesting(stuck):
            return False
        mended = self._pass_comment(stuck) or self._pass_what_follows(stuck) or _put_comma(stuck) or _close_inner(stuck)
        return mended or self._give_up_part(stuck)

    def _pass_comment(self, stuck: Stuck) -> bool:
        comment = _COMMENT.match(self._source.text, stuck.offset) if stuck.token is None else None
        if comment:
            stuck.skip_to(comment.end())
        return comment is not None

    def _pass_what_follows(self, stuck: Stuck) -> bool:
        """The document is over, and text follows it."""
        if stuck.expected == {"$END"}:
            stuck.skip_to(len(self._source.text))
            return True
        return False

    def _give_up_part(self, stuck: Stuck) -> bool:
        closing = stuck.token is not None and stuck.token.type in {*_CLOSERS, "COMMA"}
        if not stuck.unwind():
            return False
        if closing and stuck.token is not None and stuck.takes(stuck.token.type):
            stuck.feed_found()
            return True
        text, start = self._source.text, max(stuck.position, stuck.offset)
        rest = _OPEN_STRING.match(text, start) or _REST.match(text, start)
        stuck.skip_to(max(rest.end() if rest else 0, stuck.offset + 1))
        return True

    def _report(self, stuck: Stuck) -> None:
        text, start = self._source.text, stuck.offset
        found = _OFFENDER.match(text, start)
        offender = found[0] if found and stuck.token is None else str(stuck.token or "")
        span = Span(start, start + max(1, len(offender)))
        if _misses_comma(stuck):
            message = f"found `{clip(offender)}`, expected `,` before it"
        elif offender in {"}", "]"} and text[:start].rstrip().endswith(","):
            message = f"found `{offender}` behind a `,`, expected a further member or no `,`"
        elif offender == '"':
            end = text.find("\n", start)
            span = Span(start, len(text) if end < 0 else end)
            message = "the string is not closed on its line"
        else:
            message = f"found `{clip(offender)}`, expected {_expected(stuck)}"
        hint = next((text_ for pattern, text_ in _HELPS if pattern.match(text, start)), None)
        self._faults.add("json-syntax", span, message, hint=hint)

    def _report_end(self, stuck: Stuck) -> None:
        end = len(self._source.text.rstrip())
        self._faults.add("json-syntax", Span(max(0, end - 1), end), f"the document ends, expected {_expected(stuck)}")


def _misses_comma(stuck: Stuck) -> bool:
    return stuck.token is not None and stuck.token.type in _A_VALUE and "COMMA" in stuck.expected


def _put_comma(stuck: Stuck) -> bool:
    if not _misses_comma(stuck):
        return False
    stuck.feed("COMMA", ",")
    if stuck.token is None or not stuck.takes(stuck.token.type):
        return False
    stuck.feed_found()
    return True


def _close_inner(stuck: Stuck) -> bool:
    """A bracket closes what is outside: the bracket that is missing inside is put in."""
    missing = {"RBRACE": "RBRACKET", "RBRACKET": "RBRACE"}.get(stuck.token.type) if stuck.token is not None else None
    if missing is None or missing not in stuck.expected or "COMMA" not in stuck.expected:
        return False
    stuck.feed(missing)
    if stuck.token is None or not stuck.takes(stuck.token.type):
        return False
    stuck.feed_found()
    return True


def _has_lost_nesting(stuck: Stuck) -> bool:
    """A bracket must be missing long before: further faults would be noise."""
    found = stuck.token.type if stuck.token is not None else None
    colon_in_list = found == "COLON" and "RBRACKET" in stuck.expected
    object_as_name = found == "LBRACE" and "STRING" in stuck.expected and "NUMBER" not in stuck.expected
    return colon_in_list or object_as_name


def _expected(stuck: Stuck) -> str:
    if stuck.expected >= _A_VALUE:
        return (
            expectation(stuck.expected - _A_VALUE, {"RBRACKET": "a value or `]`"})
            if "RBRACKET" in stuck.expected
            else "a value"
        )
    return expectation(stuck.expected, _WORDS)
