"""A progress bar on the standard error, for long work in front of a person."""

import sys
from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

import click

Item = TypeVar("Item")

# Work of fewer steps is over before a bar would be seen.
_FEWEST = 200


def with_progress(items: Iterable[Item], *, length: int, label: str) -> Iterator[Item]:
    """The items, with a bar that follows them if the standard error is a terminal."""
    if length < _FEWEST or not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, length=length, label=label, file=sys.stderr) as bar:
        yield from bar


def watched(principals: Collection[Item]) -> Iterable[Item]:
    """The principals that an analysis asks about, with a bar."""
    return with_progress(principals, length=len(principals), label="Asking")
