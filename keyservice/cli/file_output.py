"""Where `keyservice file` writes: a file that is whole or not there, or a stream; and how far it has come."""

import os
import secrets
import shutil
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

import click

STREAM = "-"
_REDRAWN = 0.2  # seconds


@contextmanager
def opened_input(name: str) -> Iterator[BinaryIO]:
    """The input's bytes; `-` is standard input."""
    if name == STREAM:
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as file:
            yield file


@contextmanager
def opened_output(name: str) -> Iterator[BinaryIO]:
    """Where the output's bytes go: `-` is standard output; a pipe or device is written to as it is."""
    path = Path(name)
    if name == STREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
    else:
        with _moved_into_place(path.resolve()) as file:
            yield file


@contextmanager
def _moved_into_place(path: Path) -> Iterator[BinaryIO]:
    """A draft beside `path` that takes its place when the block ends well, and is removed when it does not."""
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        with _ended_in_order(), _created(draft, path) as file:
            if path.exists():
                shutil.copymode(path, draft)  # who may read the file does not change because it is written again
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _created(draft: Path, path: Path) -> BinaryIO:
    try:
        return draft.open("xb")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # nobody has heard of the draft


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """SIGTERM as an exception, so that a draft does not outlive the command."""

    def end(number: int, _: object) -> NoReturn:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def shown_progress(source: BinaryIO) -> Iterator[Callable[[int], None]]:
    """Something to tell how many bytes are done; it is shown on the error stream, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    size, due = _size(source), 0.0
    of = f" of {size / 1e6:,.1f}" if size is not None else ""

    def show(done: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _REDRAWN
            click.echo(f"\r{done / 1e6:,.1f}{of} MB", err=True, nl=False)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", err=True, nl=False)


def _size(source: BinaryIO) -> int | None:
    try:
        status = os.fstat(source.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
