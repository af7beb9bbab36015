"""The trail of one process: lines are appended to its segment and are durable when `append` returns.

Group commit: an event loop gathers lines while its last ones are being written; a thread takes all that has been
queued, writes it at once, syncs once, and wakes all who wait by one call into each event loop. So the thread is woken
once a sync and not once a line, and a line waits for two syncs at most. Once a write or sync has failed, the trail
fails for good: what the disk holds is no longer known, and no success may leave the service without its record.
"""

import asyncio
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from keyservice.audit.segment import create, frame, repair, segment_name

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_SECONDS = 3600.0


class TrailError(Exception):
    """The trail cannot be opened or written; the message is one line."""


_Done = Callable[[str | None], None]
"""What is called, in the writer's thread, once lines are durable (None) or are not (why)."""


@dataclass(slots=True)
class _Gathering:
    """The lines of one event loop that are not with the writer yet, and who waits for them."""

    lines: list[bytes] = field(default_factory=list)
    waiters: list["asyncio.Future[None]"] = field(default_factory=list)
    under_way: bool = False


class Trail:
    """A directory of segment files, of which this process writes its own. Open it with `Trail.open`."""

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._segment_seconds = segment_seconds
        self._now = now
        self._writer = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._number = 0
        self._descriptor = -1
        self._size = 0
        self._begun = 0.0
        self._failure: str | None = None
        self._closed = False
        self._gate = threading.Lock()  # nothing is queued after the end mark
        self._queue: queue.SimpleQueue[tuple[list[bytes], _Done] | None] = queue.SimpleQueue()
        self._gatherings: dict[asyncio.AbstractEventLoop, _Gathering] = {}
        self._begin_segment()
        self._thread = threading.Thread(target=self._run, name="trail", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> Self:
        """The trail in `directory`, made if missing; torn ends that dead writers left are moved aside first.

        Raises TrailError if the directory cannot be written to or is open to others than its owner.
        """
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
            mode = directory.stat().st_mode
            if mode & 0o077:
                raise TrailError(f"`{directory}` is open to others (mode {mode & 0o777:04o}): expected 0700")
            repair(directory)
            return cls(directory, segment_bytes=segment_bytes, segment_seconds=segment_seconds, now=now)
        except OSError as error:
            raise TrailError(f"`{directory}` cannot be written: {error}") from error

    @property
    def healthy(self) -> bool:
        """Whether lines can still be appended: what /readyz asks."""
        return not self._closed and self._failure is None

    async def append(self, line: bytes) -> None:
        """Append a line (without line ending); it is durable when this returns. Raises TrailError."""
        self._check()
        loop = asyncio.get_running_loop()
        gathering = self._gatherings.setdefault(loop, _Gathering())
        waiter = loop.create_future()
        gathering.lines.append(line)
        gathering.waiters.append(waiter)
        if not gathering.under_way:
            gathering.under_way = True
            loop.call_soon(self._hand_over, loop, gathering)  # with what else this turn of the loop brings
        await waiter

    def append_blocking(self, line: bytes) -> None:
        """The same for a thread of its own; never from an event loop."""
        waiter: Future[None] = Future()

        def done(failure: str | None) -> None:
            if failure is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(TrailError(failure))

        self._put([line], done)
        waiter.result()

    def close(self) -> None:
        """Write what is gathered and queued, and end."""
        for loop, gathering in list(self._gatherings.items()):
            self._hand_over(loop, gathering)
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _check(self) -> None:
        if self._closed:
            raise TrailError("the trail is closed")
        if self._failure is not None:
            raise TrailError(self._failure)

    def _put(self, lines: list[bytes], done: _Done) -> None:
        with self._gate:
            self._check()
            self._queue.put((lines, done))

    def _hand_over(self, loop: asyncio.AbstractEventLoop, gathering: _Gathering) -> None:
        """Give the writer what a loop has gathered; runs in the loop."""
        lines, waiters = gathering.lines, gathering.waiters
        gathering.lines, gathering.waiters = [], []
        if not lines:
            gathering.under_way = False
            self._gatherings.pop(loop, None)
            return

        def written(failure: str | None) -> None:
            _resolve(waiters, failure)
            self._hand_over(loop, gathering)

        def done(failure: str | None) -> None:
            with suppress(RuntimeError):  # the loop has been closed: nobody waits there any more
                loop.call_soon_threadsafe(written, failure)

        try:
            self._put(lines, done)
        except TrailError as error:
            written(str(error))

    def _run(self) -> None:
        """The writer's thread."""
        ended = False
        while not ended:
            frames, waiting, ended = self._take()
            if self._failure is None and frames:
                try:
                    self._write(b"".join(frames))
                except OSError as error:
                    self._failure = f"`{self._directory}` cannot be written: {error}"
            for done in waiting:
                done(self._failure)
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def _take(self) -> tuple[list[bytes], list[_Done], bool]:
        """Wait for lines, then take all that are queued; whether the end was among them."""
        frames: list[bytes] = []
        waiting: list[_Done] = []
        item = self._queue.get()
        try:
            while item is not None:
                lines, done = item
                frames += map(frame, lines)
                waiting.append(done)
                item = self._queue.get_nowait()
        except queue.Empty:
            return frames, waiting, False
        return frames, waiting, True

    def _write(self, content: bytes) -> None:
        if self._size and (self._size >= self._segment_bytes or self._now() - self._begun >= self._segment_seconds):
            os.close(self._descriptor)
            self._descriptor = -1
            self._begin_segment()
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        os.fdatasync(self._descriptor)
        self._size += len(content)

    def _begin_segment(self) -> None:
        self._number += 1
        self._begun = self._now()
        self._size = 0
        self._descriptor = create(self._directory / segment_name(self._begun, self._writer, self._number))


def _resolve(waiters: list["asyncio.Future[None]"], failure: str | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue  # cancelled: the line is on the trail all the same
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(TrailError(failure))
