"""Pages of a list: at most `limit` members, and a sealed marker that goes on after the last.

Source: KMS API Reference, the Limit, Marker, NextMarker and Truncated members of the List operations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from keyservice.auth.markers import open_marker, seal_marker
from keyservice.operations.operation import Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page: its members, and the marker of the next, None on the last."""

    members: Sequence[T]
    next_marker: str | None

    @property
    def truncated(self) -> bool:
        """Whether there is more."""
        return self.next_marker is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How one list is paged: `scope` says what is listed, so that a marker of another list is refused."""

    scope: str
    default: int
    most: int


def read_page(
    run: Run,
    paging: Paging,
    *,
    limit: int | None,
    marker: str | None,
    fetch: Callable[[str | None, int], Sequence[T]],
    name: Callable[[T], str],
) -> Page[T]:
    """One page; `fetch(after, limit)` gives members in the order of their names, those after the name `after`.

    Raises:
        ServiceError: InvalidMarkerException.
    """
    wanted = min(limit or paging.default, paging.most)
    scope = f"{run.caller.account}/{run.region}/{paging.scope}"
    after = open_marker(run.ports.domain_key, scope, marker) if marker else None
    found = fetch(after, wanted + 1)
    members = found[:wanted]
    if len(found) <= wanted:
        return Page(members, None)
    last = name(members[-1])
    return Page(members, seal_marker(run.ports.domain_key, scope, last, random=run.ports.random))
