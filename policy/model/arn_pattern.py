"""Patterns of ARNs: six segments, of which the first five keep their wildcards to themselves.

The resource segment is all that follows the fifth colon; a wildcard in it stands for any characters, `:` and `/` too.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" ("each of the six colon-delimited components of
the ARN is checked separately") and "IAM JSON policy elements: Resource".
"""

from collections.abc import Callable, Iterable

from policy.model.pattern import Part, Wild, Wildcard, as_text, join_literals, parts_match

SEGMENTS = 6

_COLONS = SEGMENTS - 1

ArnSegments = tuple[tuple[Part, ...], ...]


def split_segments(parts: Iterable[Part]) -> ArnSegments:
    """Take a pattern apart at its first five colons; fewer colons make fewer segments."""
    segments: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, Wild):
            segments[-1].append(part)
            continue
        first, *others = part.split(":", SEGMENTS - len(segments))
        segments[-1].append(first)
        segments += [[other] for other in others]
    return tuple(join_literals(segment) for segment in segments)


def is_arn(text: str) -> bool:
    """Whether a text has the six segments of an ARN."""
    return text.count(":") >= _COLONS


def segments_match(segments: ArnSegments, text: str) -> bool:
    """The definition: each segment of the text is of its pattern."""
    texts = text.split(":", _COLONS)
    return len(segments) == len(texts) == SEGMENTS and all(map(parts_match, segments, texts))


def prepare_segments(segments: ArnSegments) -> Callable[[str], bool]:
    """`segments_match` for one pattern, prepared."""
    if len(segments) != SEGMENTS:
        return lambda _text: False
    *inner, resource = segments
    if all(isinstance(part, str) for segment in inner for part in segment):
        # Nothing before the resource can stretch, so the whole is one pattern: the common case, and the quick one.
        head = "".join(f"{as_text(segment)}:" for segment in inner)
        return Wildcard.from_parts(join_literals((head, *resource))).matches
    # A segment of `*` alone need not be looked at.
    checks = tuple(
        (index, Wildcard.from_parts(segment).matches)
        for index, segment in enumerate(segments)
        if segment != (Wild.ANY_RUN,)
    )

    def matches(text: str) -> bool:
        texts = text.split(":", _COLONS)
        if len(texts) != SEGMENTS:
            return False
        for index, check in checks:  # noqa: SIM110  a loop costs a third of all() over a generator
            if not check(texts[index]):
                return False
        return True

    return matches
