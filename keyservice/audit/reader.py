"""Reading the whole trail: the lines committed with changes in the store and the segments of all processes, by time.

Times are whole seconds, and a call is stamped before its line is written: entries of the same moment, and those around
the beginning of a segment, may stand in another order than they happened in.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import orjson

from keyservice.audit.segment import begun, lines, segments

Entry = Mapping[str, object]

_PAGE = 1000


class TrailTable(Protocol):
    """The part of a Store that the reader needs."""

    def trail(self, *, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Trail lines committed with changes, those after a serial number."""
        ...


@dataclass(slots=True)
class TrailReader:
    """Gives the entries of a trail, each once: a second call of `entries` goes on where the first ended.

    `damaged` names what was passed over because it is damaged: a segment's name or `store`, and the place in it.
    """

    directory: Path
    table: TrailTable
    damaged: list[tuple[str, int]] = field(default_factory=list)
    _serial: int = 0
    _offsets: dict[str, int] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        """The entries (`{"event": …, "usage": …}`) that are new since the last call, in the order of their time."""
        waiting = [
            (begun(path), lambda path=path: self._segment(path))
            for path in segments(self.directory)
            if path.stat().st_size > self._offsets.get(path.name, 0)
        ]
        return _merge([("", self._committed), *waiting])

    def _committed(self) -> Iterator[Entry]:
        while page := self.table.trail(after=self._serial, limit=_PAGE):
            for serial, line in page:
                self._serial = serial
                entry = _parse(line)
                if entry is None:
                    self.damaged.append(("store", serial))
                else:
                    yield entry

    def _segment(self, path: Path) -> Iterator[Entry]:
        for line in lines(path, self._offsets.get(path.name, 0)):
            self._offsets[path.name] = line.end
            entry = None if line.text is None else _parse(line.text)
            if entry is None:
                self.damaged.append((path.name, line.end))
            else:
                yield entry


def time_of(entry: Entry) -> str:
    """The entry's `eventTime`, `2025-05-20T20:45:00Z`."""
    event = entry.get("event")
    return str(event.get("eventTime", "")) if isinstance(event, Mapping) else ""


def _merge(waiting: Sequence[tuple[str, Callable[[], Iterator[Entry]]]]) -> Iterator[Entry]:
    """Merge sources by time; one is opened when its time has come, so that a long trail needs few open files."""
    ahead: list[tuple[str, int, Entry, Iterator[Entry]]] = []
    number = 0
    while ahead or number < len(waiting):
        while number < len(waiting) and (not ahead or waiting[number][0] <= ahead[0][0]):
            _push(ahead, number, waiting[number][1]())
            number += 1
        if ahead:
            _, source, entry, rest = heapq.heappop(ahead)
            yield entry
            _push(ahead, source, rest)


def _push(ahead: list[tuple[str, int, Entry, Iterator[Entry]]], source: int, rest: Iterator[Entry]) -> None:
    entry = next(rest, None)
    if entry is not None:
        heapq.heappush(ahead, (time_of(entry), source, entry, rest))


def _parse(line: bytes) -> Entry | None:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) else None
