"""The pages of a simulator's answer: `MaxItems` results from where `Marker` says.

Source: IAM API Reference, "SimulateCustomPolicy" (MaxItems, Marker, IsTruncated).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from policy.simulate.members import InputError, kind_of, text
from policy.syntax.json_values import NumberText

Item = TypeVar("Item")

_DEFAULT = 100
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """Which results are asked for."""

    start: int = 0
    size: int = _DEFAULT

    def of(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """Those of this page."""
        return items[self.start : self.start + self.size]

    def ending(self, count: int) -> dict[str, Any]:
        """The members of the answer that tell whether there are more."""
        end = self.start + self.size
        return {"IsTruncated": True, "Marker": str(end)} if end < count else {"IsTruncated": False}


def read_page(given: Mapping[str, Any], count: int) -> Page:
    """The page that an input asks for, out of so many results.

    A marker is opaque to callers of AWS; here it is the number of results that went before.

    Raises:
        InputError: MaxItems is no number from 1 to 1000, or Marker none that an answer to this input had.
    """
    size, start = given.get("MaxItems", NumberText(_DEFAULT)), text(given.get("Marker", "0"), "`Marker`")
    if not isinstance(size, NumberText) or not (size.isdecimal() and 1 <= int(size[:9]) <= _MOST):
        raise InputError(f"`MaxItems` is {kind_of(size)}, expected a number from 1 to {_MOST}")
    if not (start.isdecimal() and len(start) < 9 and (int(start) < count or int(start) == 0)):
        raise InputError(f"`Marker` is {kind_of(start)}, which no answer to this input had")
    return Page(int(start), int(size))
