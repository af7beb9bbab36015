"""Reading the trail table and all segments as one, in the order of time, each entry once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from keyservice.audit.reader import TrailReader
from keyservice.audit.segment import frame


@dataclass
class Table:
    """A trail table in memory."""

    lines: list[bytes] = field(default_factory=list)

    def trail(self, *, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        return list(enumerate(self.lines, start=1))[after : after + limit]


def text(second: int, name: str) -> bytes:
    return json.dumps({"event": {"eventTime": f"2025-01-01T00:00:{second:02}Z", "eventName": name}}).encode()


def segment(directory: Path, second: int, writer: str, *content: bytes) -> Path:
    path = directory / f"20250101T0000{second:02}Z-{writer}-000001.trail"
    path.write_bytes(b"".join(content))
    return path


def names(reader: TrailReader) -> list[str]:
    return [entry["event"]["eventName"] for entry in reader.entries()]  # type: ignore[index] # as written above


def test_table_and_segments_are_merged_by_time(tmp_path: Path) -> None:
    segment(tmp_path, 0, "1-a", frame(text(1, "b")), frame(text(4, "e")))
    segment(tmp_path, 0, "2-b", frame(text(2, "c")), frame(text(3, "d")))
    segment(tmp_path, 5, "1-a", frame(text(6, "g")))
    reader = TrailReader(tmp_path, Table([text(0, "a"), text(5, "f"), text(7, "h")]))
    assert list("abcdefgh") == names(reader)


def test_a_second_reading_gives_only_what_is_new(tmp_path: Path) -> None:
    table = Table([text(0, "a")])
    first = segment(tmp_path, 0, "1-a", frame(text(1, "b")))
    reader = TrailReader(tmp_path, table)
    assert ["a", "b"] == names(reader)
    assert [] == names(reader)
    table.lines.append(text(2, "c"))
    with first.open("ab") as file:
        file.write(frame(text(3, "d")) + frame(text(9, "half"))[:-5])
    segment(tmp_path, 4, "1-a", frame(text(4, "e")))
    assert ["c", "d", "e"] == names(reader)
    assert [] == names(reader)
    with first.open("ab") as file:
        file.write(frame(text(9, "half"))[-5:])
    assert ["half"] == names(reader)
    assert [] == reader.damaged


def test_damaged_entries_are_passed_over_and_named(tmp_path: Path) -> None:
    path = segment(tmp_path, 0, "1-a", frame(text(1, "a")), b"damage\n", frame(b"[]"), frame(b"{"), frame(text(2, "b")))
    reader = TrailReader(tmp_path, Table([b"not json"]))
    assert ["a", "b"] == names(reader)
    assert [
        ("store", 1),
        *[(path.name, place) for place in (len(frame(text(1, "a"))) + 7 + i for i in (0, 12, 23))],
    ] == (reader.damaged)


def test_a_trail_that_was_never_written_is_empty(tmp_path: Path) -> None:
    assert [] == names(TrailReader(tmp_path / "none", Table()))


def test_a_long_trail_keeps_few_files_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for second in range(60):
        segment(tmp_path, second, "1-a", frame(text(second, str(second))))
    opened: list[Path] = []
    real = Path.open

    def counted(path: Path, mode: str) -> object:
        opened.append(path)
        return real(path, mode)

    monkeypatch.setattr(Path, "open", counted)
    entries = TrailReader(tmp_path, Table()).entries()
    next(entries)
    assert len(opened) < 5
    assert 59 == len(list(entries))
