"""Quoted strings, which both spellings write as JSON does, with every invisible character escaped."""

import json
import re

# Controls, zero-width and bidirectional marks, line separators, surrogates: a reader must see what is there.
_INVISIBLE = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def quote(text: str) -> str:
    """A string in double quotes, in one line, invisible characters as \\uXXXX."""
    return reveal(json.dumps(text, ensure_ascii=False))


def reveal(text: str) -> str:
    """JSON text with the invisible characters inside its strings escaped."""
    return text if text.isascii() and "\x7f" not in text else _INVISIBLE.sub(_escape, text)


def unquote(literal: str) -> str:
    """The string that a quoted literal stands for; ValueError says what is wrong with it."""
    try:
        return str(json.loads(literal))
    except json.JSONDecodeError as error:
        raise ValueError(_reason(error)) from None


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _reason(error: json.JSONDecodeError) -> str:
    if "escape" in error.msg:
        return 'an escape that is none: strings know \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX'
    return "a control character: write it as an escape, such as \\n or \\t"
