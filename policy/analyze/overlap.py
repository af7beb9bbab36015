"""Whether two patterns have a text in common, and whether one surely takes in the other.

A policy variable (`${aws:username}`) can be any text here, so it is read as `*`.
"""

import re
from functools import lru_cache

from policy.model.pattern import Wild, parse_wildcards

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_Token = str | Wild


def overlap(one: str, other: str) -> bool:
    """Whether some text is of both patterns. Exact, but for variables; time grows with the product of the lengths."""
    first, second = _tokens(one), _tokens(other)
    # `reached[j]`: what comes before here in `one` and the first j tokens of `other` can have taken the same text.
    reached = _closed([True] + [False] * len(second), second)
    for token in first:
        reached = _closed(_behind(token, reached, second), second)
        if True not in reached:
            return False
    return reached[-1]


def _behind(token: _Token, reached: list[bool], second: tuple[_Token, ...]) -> list[bool]:
    """What the other's tokens can have taken behind one more token, from what they can have taken before it."""
    following = [False] * (len(second) + 1)
    if token is Wild.ANY_RUN:
        # A run takes any number of the other's tokens.
        start = reached.index(True)
        following[start:] = [True] * (len(following) - start)
        return following
    for at, meets in enumerate(second):
        if not reached[at]:
            continue
        if meets is Wild.ANY_RUN:
            following[at] = True
        elif token is Wild.ANY_ONE or meets is Wild.ANY_ONE or token == meets:
            following[at + 1] = True
    return following


def _closed(reached: list[bool], tokens: tuple[_Token, ...]) -> list[bool]:
    """A run may take nothing: where one begins, its end is reached as well."""
    for at, token in enumerate(tokens):
        if reached[at] and token is Wild.ANY_RUN:
            reached[at + 1] = True
    return reached


def surely_covers(wider: str, narrower: str) -> bool:
    """Whether every text of one pattern is of the other; False also where that is not sure.

    A wildcard of the narrower one is taken for a character that nothing but a wildcard of the wider one takes.
    """
    if _VARIABLE.search(wider):
        return wider == narrower
    tokens = _tokens(narrower)
    places = {0}
    for part in _tokens(wider):
        if not places:
            return False
        if part is Wild.ANY_RUN:
            places = set(range(min(places), len(tokens) + 1))
        elif part is Wild.ANY_ONE:
            places = {at + 1 for at in places if at < len(tokens) and tokens[at] is not Wild.ANY_RUN}
        else:
            places = {at + 1 for at in places if at < len(tokens) and tokens[at] == part}
    return len(tokens) in places


@lru_cache(maxsize=4096)
def _tokens(pattern: str) -> tuple[_Token, ...]:
    """The pattern as single characters and wildcards; a run behind a run says nothing more."""
    tokens: list[_Token] = []
    for part in parse_wildcards(_VARIABLE.sub("*", pattern)):
        if isinstance(part, str):
            tokens += part
        elif part is not Wild.ANY_RUN or not tokens or tokens[-1] is not Wild.ANY_RUN:
            tokens.append(part)
    return tuple(tokens)
