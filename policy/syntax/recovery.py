"""Parsing that goes on after a fault: panic mode on Lark's LALR parser, for the text form and for JSON.

A grammar marks with FAULT where a damaged part may stand. At a fault the parser's stacks are unwound to such a place.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

FAULT = "FAULT"
END = "$END"


class Stuck:
    """Where the parser is stuck: what it found, what it could take, and the means to bring it on."""

    def __init__(self, error: UnexpectedInput, text: str) -> None:
        parser = getattr(error, "interactive_parser", None)
        lexing = parser.lexer_thread.state if isinstance(parser, InteractiveParser) else None
        if not isinstance(parser, InteractiveParser) or lexing is None:
            raise error  # pragma: no cover - on every fault of its LALR parser Lark says where it stands
        self._parser = parser
        self._counter = lexing.line_ctr
        self.token: Token | None = error.token if isinstance(error, UnexpectedToken) else None
        self.expected = frozenset(self._accepted()) - {FAULT}
        self.offset = len(text) if self.at_end else (error.pos_in_stream or 0)
        self.text = text

    @property
    def at_end(self) -> bool:
        """Whether the text ended too early."""
        return self.token is not None and self.token.type == END

    @property
    def position(self) -> int:
        """The offset up to which the lexer has read."""
        return self._counter.char_pos

    def takes(self, terminal: str) -> bool:
        """Whether the parser can take a terminal as it stands."""
        return terminal in self._accepted()

    def feed(self, terminal: str, value: str = "") -> None:
        """Put in a token that is not in the text."""
        self._parser.feed_token(Token(terminal, value, start_pos=self.offset, end_pos=self.offset))

    def feed_found(self) -> None:
        """Give the parser the token it was stuck at, now that it can take it."""
        if self.token is not None:
            self._parser.feed_token(self.token)

    def skip_to(self, offset: int) -> None:
        """Let the lexer go on at a later offset."""
        if offset > self.position:
            self._counter.feed(self.text[self.position : offset])

    def _accepted(self) -> set[str]:
        accepted: set[str] = self._parser.accepts()  # type: ignore[no-untyped-call]  # Lark leaves it untyped
        return accepted

    def unwind(self) -> bool:
        """Drop what was begun, back to where a FAULT may stand, and put it there; False if there is no such place."""
        state = self._parser.parser_state
        table = state.parse_conf.parse_table.states
        while FAULT not in table[state.state_stack[-1]]:
            if not state.value_stack:
                return False
            state.state_stack.pop()
            state.value_stack.pop()
        self.feed(FAULT)
        return True


@cache
def load(name: str, transformer: Transformer[Token, Any] | None = None) -> Lark:
    """A grammar, read from the `grammar` package, as an LALR parser that builds its result while it reads."""
    return Lark.open_from_package("grammar", name, parser="lalr", transformer=transformer, maybe_placeholders=True)


def parse(lark: Lark, text: str, recover: Callable[[Stuck], bool]) -> Any:
    """Parse a text; `recover` records each fault and brings the parser on, or returns False: the result is None."""
    try:
        return lark.parse(text, on_error=lambda error: recover(Stuck(error, text)))
    except (UnexpectedToken, UnexpectedCharacters):
        return None


def expectation(expected: Iterable[str], words: dict[str, str]) -> str:
    """What could stand here, in a reader's words: each terminal by its description, in the table's order."""
    named = dict.fromkeys(words[name] for name in words if name in set(expected))
    items = list(named)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"
