"""The date operators: dates in the W3C's forms of ISO 8601, and epoch seconds, compared as exact instants.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Date condition operators; W3C NOTE-datetime.
"""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from policy.operators.family import TypedFamily

Instant = tuple[int, str]
"""Seconds since 1970-01-01T00:00:00Z, and decimals of a second without trailing zeros: ordered as the instants are."""

_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


_LONGEST = 64


def parse_date(text: str) -> Instant | None:
    """Read `2013-06-30T00:00:00Z` and its shorter forms, or epoch seconds; None for anything else.

    A text of digits is epoch seconds, so the bare year that the W3C's note allows is not read as a year: a four-digit
    epoch and a bare year cannot be told apart, and AWS's pages show only epochs as bare numbers.
    """
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _read(text: str) -> Instant | None:
    whole, point, decimals = text.partition(".")
    if _are_digits(whole):
        if point and not _are_digits(decimals):
            return None
        return int(whole), decimals.rstrip("0")
    date, at, time = text.partition("T")
    days = _parse_days(date)
    if days is None or (at and len(date) != len("2013-06-30")):
        return None
    if not at:
        return days * _DAY, ""
    clock = _parse_time(time)
    return None if clock is None else (days * _DAY + clock[0], clock[1])


def _parse_days(text: str) -> int | None:
    """Read `YYYY-MM` or `YYYY-MM-DD` as days since the epoch."""
    numbers = text.split("-")
    if [len(number) for number in numbers] not in ([4, 2], [4, 2, 2]) or not all(map(_are_digits, numbers)):
        return None
    year, month, day = (*map(int, numbers), 1)[:3]
    try:
        return datetime(year, month, day, tzinfo=UTC).toordinal() - _EPOCH
    except ValueError:
        return None


def _parse_time(text: str) -> Instant | None:
    """Read `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`, then `Z` or `+hh:mm`, as seconds into the day in UTC.

    Unlike the W3C's note, a missing zone is allowed and is UTC.
    """
    clock, offset = _split_zone(text)
    if offset is None:
        return None
    clock, point, decimals = clock.partition(".")
    numbers = clock.split(":")
    if point and not (len(numbers) == 3 and _are_digits(decimals)):
        return None
    if len(numbers) not in {2, 3} or not all(len(number) == 2 and _are_digits(number) for number in numbers):
        return None
    hour, minute, second = (*map(int, numbers), 0)[:3]
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second - offset, decimals.rstrip("0")


def _split_zone(text: str) -> tuple[str, int | None]:
    """Take the zone off a time; its offset in seconds, or None if it is no zone."""
    if text.endswith("Z"):
        return text[:-1], 0
    for sign, factor in (("+", 1), ("-", -1)):
        clock, found, zone = text.partition(sign)
        if not found:
            continue
        hours, _, minutes = zone.partition(":")
        if len(zone) != 5 or len(hours) != 2 or not _are_digits(hours + minutes):
            return clock, None
        if int(hours) > 23 or int(minutes) > 59:
            return clock, None
        return clock, factor * (int(hours) * 3600 + int(minutes) * 60)
    return text, 0


def _are_digits(text: str) -> bool:
    return text.isdecimal() and text.isascii()


def _family(relation: Callable[[Instant, Instant], bool]) -> TypedFamily[Instant, Instant]:
    return TypedFamily(parse_date, parse_date, relation)


EQUALS = _family(operator.eq)
LESS_THAN = _family(operator.lt)
LESS_THAN_EQUALS = _family(operator.le)
GREATER_THAN = _family(operator.gt)
GREATER_THAN_EQUALS = _family(operator.ge)
