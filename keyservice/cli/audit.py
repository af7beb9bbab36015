"""`keyservice audit tail`: the trail, entry by entry, of a service that is running or not."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import orjson

from keyservice.audit.reader import Entry, TrailReader
from keyservice.data_directory import DataDirectory
from keyservice.store.port import StoreError

_FOLLOW_SECONDS = 0.3


@click.group("audit")
def command() -> None:
    """Read the audit trail."""


@command.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True, help="Data directory."
)
@click.option("--follow", is_flag=True, help="Go on, and print entries as they are written.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), default=100, show_default=True, help="Last entries; 0 is all."
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def tail(data: Path, follow: bool, lines: int, output: str) -> None:
    """Print the last entries of the trail, oldest first; as JSON, one CloudTrail event a line."""
    show = _as_json if output == "json" else _as_text
    with open_trail(data) as reader:
        for entry in deque(reader.entries(), maxlen=lines or None):
            click.echo(show(entry))
        warn_of_damage(reader)
        while follow:
            time.sleep(_FOLLOW_SECONDS)
            for entry in reader.entries():
                click.echo(show(entry))


@contextmanager
def open_trail(data: Path) -> Iterator[TrailReader]:
    """The trail of a data directory, read beside whoever serves it; a store that cannot be read is a usage error."""
    from keyservice.store.opening import open_store

    directory = DataDirectory(data)
    try:
        store = open_store(directory, read_only=True)
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    try:
        yield TrailReader(directory.trail, store)
    except (StoreError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        store.close()


def warn_of_damage(reader: TrailReader) -> None:
    """Say on standard error what was passed over."""
    for place, position in reader.damaged:
        click.echo(f"warning: damaged entry in {place} at {position}", err=True)


def _as_json(entry: Entry) -> str:
    return orjson.dumps(entry.get("event")).decode("utf-8")


def _as_text(entry: Entry) -> str:
    """`2025-05-20T20:45:00Z  Decrypt  ok  arn:… (caller)  arn:… (resource)`."""
    event = entry.get("event")
    if not isinstance(event, Mapping):
        return "?"
    identity = event.get("userIdentity") or {}
    outcome = event.get("errorCode", "ok")
    resources = " ".join(str(resource.get("ARN")) for resource in event.get("resources") or ())
    caller = identity.get("arn") or identity.get("invokedBy") or "-"
    text = f"{event.get('eventTime')}  {event.get('eventName'):<22}  {outcome:<24}  {caller}  {resources}"
    # What a caller wrote must not steer the reader's terminal.
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text).rstrip()
