"""The comments of the text form: they stand inside line ends and commas, and go to the line or value they belong to."""

from lark import Token

from policy.syntax.tree import Comments


def split_comments(token: Token | None, *, at_line_start: bool = False) -> tuple[str | None, tuple[str, ...]]:
    """The comment on the line that a token ends, and those on the lines behind it ("" is a blank line)."""
    if token is None:
        return None, ()
    first, *lines = str(token).lstrip(",").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if at_line_start:
        first, lines = "", [first, *lines]
    leading: list[str] = []
    # The last piece is the indentation of what follows, or nothing.
    for line in lines[:-1]:
        text = line.strip()
        if text or (leading and leading[-1]):
            leading.append(text)
    return first.strip() or None, tuple(leading)


def attach(pending: tuple[str, ...], end: Token | None) -> tuple[Comments, tuple[str, ...]]:
    """The comments of a line, from those waiting above it and its own end; and those that wait for the next."""
    trailing, following = split_comments(end)
    return Comments(leading=pending, trailing=trailing), following


def without_last_blank(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Comments that nothing follows: a blank line behind them parts them from nothing."""
    return lines[:-1] if lines and not lines[-1] else lines
