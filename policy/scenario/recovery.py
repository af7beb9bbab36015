"""What is done about a line of a scenario that means nothing: it is told, and the next line is read."""

import re

from policy.source import Span
from policy.syntax.faults import Faults, clip, did_you_mean
from policy.syntax.recovery import Stuck, expectation

_KEYWORDS = (
    *("SCENARIO", "GRANT", "EXPECT", "WHERE", "AND", "TO", "OPERATIONS"),
    *("TAGS", "AT", "FROM", "BECAUSE"),
)
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
    "TAGS": "`tags`",
    "AT": "`at`",
    "FROM": "`from`",
    "BECAUSE": "`because`",
    "ROW": "a line of a table",
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
    **{name: name.lower() for name in _KEYWORDS},
}
_OFFENDER = re.compile(r'[^\s"]+|"[^"\n]*"?|.', re.DOTALL)
_REST = re.compile(r"[^\r\n]*")


class LineRecovery:
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
