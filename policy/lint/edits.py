"""Edits as replacements in the text: a value taken out of its list, or written anew; the same in both spellings."""

import json
import re

from policy.lint.finding import Fix
from policy.lint.rule import Edit, Remove, Replace
from policy.source import Span
from policy.syntax.spelling import spell_word

_COMMA_BEHIND = re.compile(r"[ \t]*,\s*")
_COMMA_BEFORE = re.compile(r"\s*,\s*\Z")


def fix_of(edit: Edit, span: Span, text: str) -> Fix | None:
    """The replacement that an edit is at a value's span; None where the text leaves no safe one."""
    match edit:
        case Replace(text=value):
            quoted = text[span.start : span.start + 1] == '"'
            return Fix(span, json.dumps(value, ensure_ascii=False) if quoted else spell_word(value))
        case Remove():
            return _removal(span, text)
        case _:
            return None


def _removal(span: Span, text: str) -> Fix | None:
    """Take the value out with one comma, the one behind it or else the one before it."""
    behind = _COMMA_BEHIND.match(text, span.end)
    if behind and "#" not in behind[0]:
        return Fix(Span(span.start, behind.end()), "")
    before = _COMMA_BEFORE.search(text[max(0, span.start - 1_000) : span.start])
    return Fix(Span(span.start - len(before[0]), span.end), "") if before else None


def apply_fixes(text: str, fixes: list[Fix]) -> tuple[str, int]:
    """The text with the replacements made, and how many; of two that touch each other only the first is made."""
    done, count, end = [], 0, 0
    for fix in sorted(fixes, key=lambda fix: (fix.span.start, fix.span.end)):
        if fix.span.start < end:
            continue
        done += [text[end : fix.span.start], fix.text]
        count += 1
        end = fix.span.end
    return "".join([*done, text[end:]]), count
