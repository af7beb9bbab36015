"""Source texts and positions in them: what every span, diagnostic and snippet refers to."""

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a source: half-open character offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text with a name a person knows it by (a file name, `<stdin>`)."""

    name: str
    text: str = field(repr=False)
    _line_starts: list[int] = field(init=False, repr=False, compare=False, default_factory=list)

    def line_column(self, offset: int) -> tuple[int, int]:
        """The line and column, both counted from 1, at a character offset (0 to the text's length)."""
        starts = self._starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line, counted from 1, without its line ending."""
        starts = self._starts()
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    def _starts(self) -> list[int]:
        # The list is filled on first use: most sources are never pointed into.
        if not self._line_starts:
            self._line_starts.append(0)
            self._line_starts.extend(index + 1 for index, character in enumerate(self.text) if character == "\n")
        return self._line_starts
