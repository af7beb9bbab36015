"""Running again when files change: their times of modification are looked at twice a second, with no dependency."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import sleep

import click

_SECONDS = 0.5

Run = Callable[[], tuple[int, set[Path]]]
"""Runs once; gives an exit status and the files that it depended on."""

Times = Mapping[Path, tuple[int, int] | None]


def run_and_watch(run: Run, *, wait: Callable[[float], None] = sleep) -> int:
    """Run, and again after every change, until Ctrl-C; the exit status of the last run."""
    status = 0
    try:
        while True:
            status, files = run()
            before = times_of(files)
            click.echo(f"Watching {len(files)} files and directories; Ctrl-C ends.", err=True)
            while times_of(files) == before:
                wait(_SECONDS)
            click.echo("", err=True)
    except KeyboardInterrupt:
        # Ctrl-C is how watching ends, and no fault.
        click.echo("", err=True)
    return status


def times_of(files: Iterable[Path]) -> Times:
    """When each file was last modified, and its size; None if it is not there."""
    return {file: _time_of(file) for file in files}


def _time_of(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        # A ValueError is a name that no file can have.
        return None
    return found.st_mtime_ns, found.st_size
