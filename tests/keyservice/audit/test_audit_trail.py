"""The trail: what was acknowledged is on disk, whatever happens; what cannot be written is never acknowledged."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from keyservice.audit.segment import frame, lines, segments, unframe
from keyservice.audit.trail import Trail, TrailError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "trail"


@pytest.fixture
def trail(directory: Path) -> Iterator[Trail]:
    with closing(Trail.open(directory)) as trail:
        yield trail


def texts(directory: Path) -> list[bytes | None]:
    return [line.text for path in segments(directory) for line in lines(path)]


def torn(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(directory.glob("*.torn")))


def leave(directory: Path, content: bytes, name: str = "20200101T000000Z-1-aa-000001.trail") -> Path:
    """A segment that a dead writer left."""
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_what_is_appended_from_an_event_loop_is_there_when_append_returns(trail: Trail, directory: Path) -> None:
    async def run() -> None:
        await trail.append(b'{"a": 1}')
        assert [b'{"a": 1}'] == texts(directory)

    asyncio.run(run())


def test_what_is_appended_from_a_thread_is_there_when_append_returns(trail: Trail, directory: Path) -> None:
    trail.append_blocking(b"{}")
    assert [b"{}"] == texts(directory)


def test_all_of_many_appends_at_once_are_there_once_and_share_syncs(
    trail: Trail, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    real = os.fdatasync

    def counted(descriptor: int) -> None:
        syncs.append(descriptor)
        real(descriptor)

    monkeypatch.setattr("os.fdatasync", counted)

    async def run() -> None:
        await asyncio.gather(*(trail.append(b"%d" % number) for number in range(2000)))

    threads = [threading.Thread(target=trail.append_blocking, args=(b"t%d" % number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    asyncio.run(run())
    for thread in threads:
        thread.join()
    expected = {b"%d" % number for number in range(2000)} | {b"t%d" % number for number in range(5)}
    assert expected == set(texts(directory))
    assert 2005 == len(texts(directory))
    assert 0 < len(syncs) < 500


def test_files_and_directory_are_for_their_owner_alone(directory: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Trail.open(directory)) as trail:
            trail.append_blocking(b"{}")
    finally:
        os.umask(before)
    assert 0o700 == stat.S_IMODE(directory.stat().st_mode)
    assert [0o600] == [stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()]


def test_a_directory_that_others_can_enter_is_refused(directory: Path) -> None:
    directory.mkdir(mode=0o755)
    directory.chmod(0o755)
    with pytest.raises(TrailError, match="mode 0755"):
        Trail.open(directory)


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="cannot be written"):
        Trail.open(tmp_path / "missing" / "trail")


def test_a_segment_ends_at_its_size_and_another_begins(directory: Path) -> None:
    with closing(Trail.open(directory, segment_bytes=100)) as trail:
        for number in range(10):
            trail.append_blocking(b"%040d" % number)
    assert [b"%040d" % number for number in range(10)] == texts(directory)
    assert 5 == len(segments(directory))


def test_a_segment_ends_at_its_age_and_another_begins(directory: Path) -> None:
    moment = [0.0]
    with closing(Trail.open(directory, segment_seconds=60, now=lambda: moment[0])) as trail:
        for second in (0, 59, 60, 61):
            moment[0] = float(second)
            trail.append_blocking(b"%d" % second)
    assert [[b"0", b"59"], [b"60", b"61"]] == [[line.text for line in lines(path)] for path in segments(directory)]


def test_two_trails_write_to_segments_of_their_own_and_leave_each_others_alone(directory: Path) -> None:
    with closing(Trail.open(directory)) as first, closing(Trail.open(directory)) as second:
        first.append_blocking(b"1")
        with closing(Trail.open(directory)) as third:
            third.append_blocking(b"3")
        second.append_blocking(b"2")
        first.append_blocking(b"1 again")
    assert {b"1", b"2", b"3", b"1 again"} == set(texts(directory))


WHOLE = frame(b'{"n": 1}') + frame(b'{"n": 2}')


@pytest.mark.parametrize("kept", range(1, len(frame(b'{"n": 3}'))))
def test_a_torn_last_line_is_moved_aside_wherever_it_was_torn(directory: Path, kept: int) -> None:
    rest = frame(b'{"n": 3}')[:kept]
    path = leave(directory, WHOLE + rest)
    Trail.open(directory).close()
    assert WHOLE == path.read_bytes()
    assert rest == torn(directory)


@pytest.mark.parametrize("rest", [b"\x00" * 4096, b"\xff\n\x00\n", frame(b"x")[:-1] + b"\x00\n"])
def test_what_a_power_failure_left_after_the_last_good_line_is_moved_aside(directory: Path, rest: bytes) -> None:
    path = leave(directory, WHOLE + rest)
    Trail.open(directory).close()
    assert WHOLE == path.read_bytes()
    assert rest == torn(directory)


def test_damage_before_a_good_line_is_left_for_readers_to_report_and_nothing_good_is_cut(directory: Path) -> None:
    content = frame(b"1") + b"damage\n" + frame(b"2")
    path = leave(directory, content)
    Trail.open(directory).close()
    assert content == path.read_bytes()
    assert [b"1", None, b"2"] == [line.text for line in lines(path)]


def test_a_segment_without_any_line_is_deleted_when_its_writer_is_gone(directory: Path) -> None:
    Trail.open(directory).close()
    Trail.open(directory).close()
    assert 1 == len(segments(directory))


def test_a_flipped_bit_is_noticed() -> None:
    line = frame(b'{"a": 1}')
    for place in range(len(line)):
        for bit in range(8):
            changed = bytearray(line)
            changed[place] ^= 1 << bit
            assert unframe(bytes(changed)) is None


def refuse(_: int) -> None:
    raise OSError(5, "Input/output error")


def test_after_a_failed_sync_every_append_fails_for_good(
    trail: Trail, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail.append_blocking(b"before")
    monkeypatch.setattr("os.fdatasync", refuse)

    async def run() -> list[BaseException | None]:
        return await asyncio.gather(*(trail.append(b"x") for _ in range(3)), return_exceptions=True)

    assert [TrailError] * 3 == [type(outcome) for outcome in asyncio.run(run())]
    monkeypatch.undo()
    assert not trail.healthy
    with pytest.raises(TrailError, match="Input/output error"):
        trail.append_blocking(b"after")
    assert [TrailError] == [type(outcome) for outcome in asyncio.run(run())[:1]]
    assert b"before" == texts(directory)[0]
    assert b"after" not in texts(directory)


def test_a_write_that_the_kernel_refuses_fails_the_trail(directory: Path) -> None:
    """A limit on the size of files stands for a full disk: part of a line is written, then no more."""
    script = """
import resource, signal, sys
from pathlib import Path
from keyservice.audit.trail import Trail, TrailError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
trail = Trail.open(Path(sys.argv[1]))
trail.append_blocking(b"a" * 50)
outcomes = []
for limit in (70, resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        trail.append_blocking(b"b" * 50)
        outcomes.append("kept")
    except TrailError as error:
        outcomes.append("refused")
print(outcomes, trail.healthy)
trail.close()
"""
    run = subprocess.run([sys.executable, "-c", script, str(directory)], capture_output=True, text=True, check=False)
    assert ("['refused', 'refused'] False\n", "") == (run.stdout, run.stderr)
    Trail.open(directory).close()
    assert [b"a" * 50] == texts(directory)
    assert frame(b"b" * 50)[:10] == torn(directory)


def test_a_segment_that_cannot_be_begun_fails_the_trail(directory: Path, tmp_path: Path) -> None:
    with closing(Trail.open(directory, segment_bytes=1)) as trail:
        trail.append_blocking(b"1")
        directory.rename(tmp_path / "elsewhere")
        for _ in range(2):
            with pytest.raises(TrailError):
                trail.append_blocking(b"2")
        assert not trail.healthy


def test_a_closed_trail_takes_nothing_and_what_was_queued_is_there(directory: Path) -> None:
    trail = Trail.open(directory)

    async def run() -> None:
        waiting = [asyncio.ensure_future(trail.append(b"%d" % number)) for number in range(100)]
        await asyncio.sleep(0)
        trail.close()
        await asyncio.gather(*waiting)

    asyncio.run(run())
    assert 100 == len(texts(directory))
    with pytest.raises(TrailError, match="closed"):
        trail.append_blocking(b"x")
    assert not trail.healthy
    trail.close()


def test_a_caller_who_no_longer_waits_disturbs_nobody(trail: Trail, directory: Path) -> None:
    async def run() -> None:
        gone = asyncio.ensure_future(trail.append(b"gone"))
        await asyncio.sleep(0)
        gone.cancel()
        await trail.append(b"here")

    asyncio.run(run())
    assert [b"gone", b"here"] == texts(directory)


WRITER = """
import asyncio, sys
from pathlib import Path
from keyservice.audit.trail import Trail

async def write(trail, worker):
    number = 0
    while True:
        line = f"{worker} {number}"
        await trail.append(line.encode())
        print(line, flush=True)
        number += 1

async def main():
    trail = Trail.open(Path(sys.argv[1]), segment_bytes=2000)
    await asyncio.gather(*(write(trail, worker) for worker in range(8)))

asyncio.run(main())
"""


def test_kill_9_loses_no_line_that_was_acknowledged(directory: Path) -> None:
    acknowledged = []
    for cycle in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            begun = [writer.stdout.readline() for _ in range(50 + 100 * cycle)]
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().splitlines(keepends=True)
        acknowledged += [line[:-1] for line in (*begun, *rest) if line.endswith(b"\n")]
        Trail.open(directory).close()
    found = texts(directory)
    assert None not in found
    assert sorted(acknowledged) == sorted(set_of(found, acknowledged))


def set_of(found: list[bytes | None], acknowledged: list[bytes]) -> list[bytes]:
    """The acknowledged lines that are on the trail, as often as they were acknowledged (each cycle counts anew)."""
    left = list(found)
    kept = []
    for line in acknowledged:
        if line in left:
            left.remove(line)
            kept.append(line)
    return kept
