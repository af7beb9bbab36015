"""Markdown pages that prove themselves: their ```scenario blocks run, on policies that are named blocks of the page.

A policy's block names its file in the info string: ```policy file=key.policy or ```json file=role.json.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy.source import Source

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n(?P<body>.*?)(?:^(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"\bfile=(\S+)")
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_NOT_LINE_END = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the heading above it, its language, the file name it goes by, and its text in its place."""

    heading: str
    language: str
    file: str | None
    source: Source


def blocks_of(page: Source) -> Iterator[Block]:
    """The fenced blocks of a page, each a source in which all else is blank: positions are those in the page."""
    for found in _FENCE.finditer(page.text):
        language, _, rest = found["info"].strip().partition(" ")
        file = _FILE.search(rest)
        heading = _heading_above(page, found.start())
        yield Block(heading, language.lower(), file[1] if file else None, _blanked(page, *found.span("body")))


def has_scenario(text: str) -> bool:
    """Whether a page may have a scenario block, told quickly."""
    return re.search(r"^(?:`{3,}|~{3,})[ \t]*scenario\b", text, re.MULTILINE) is not None


def _heading_above(page: Source, place: int) -> str:
    # A comment in a block begins with `#`, too.
    headings = _HEADING.findall(_FENCE.sub("", page.text[:place]))
    return str(headings[-1]).strip() if headings else page.name


def _blanked(page: Source, start: int, end: int) -> Source:
    before = _NOT_LINE_END.sub(" ", page.text[:start])
    return Source(page.name, before + page.text[start:end])
