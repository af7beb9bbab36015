"""Policy files in and out: what cannot be read is said in one clear line; a file is replaced whole or not at all."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from policy.diagnostics import Diagnostic, render
from policy.source import Source

STDIN = "-"

# Exit status for input that cannot be used.
UNUSABLE = 2

# AWS's largest policy is 32 KiB, and a set of them stays far below this.
_LARGEST = 64 * 1024 * 1024

_UNDECODABLE = "\N{REPLACEMENT CHARACTER}"

# How texts begin that other programs save; the longer marks first, as one begins like another.
_WIDE = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\0": "UTF-16",
    b"\0{": "UTF-16",
}


class UnreadableError(ValueError):
    """A file that is no text we can read. `text` is what can be read of it, `offset` where that ends to be text."""

    def __init__(self, message: str, text: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.text = text
        self.offset = offset


def read_source(path: str) -> Source:
    """The text of a file, or of the standard input for `-`; UnreadableError says what is wrong with it."""
    name = "<stdin>" if path == STDIN else path
    return Source(name, _decode(_read(path)))


def _read(path: str) -> bytes:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        # A ValueError is a path with a NUL in it.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableError(f"cannot be read: {reason}") from None
    if len(data) > _LARGEST:
        raise UnreadableError(f"is larger than {_LARGEST // 2**20} MiB, which no policy is")
    return data


def _decode(data: bytes) -> str:
    for beginning, encoding in _WIDE.items():
        if data.startswith(beginning):
            raise UnreadableError(f"is {encoding}, expected UTF-8: save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        readable = data[: error.start].decode("utf-8")
        raise UnreadableError(
            f"is no UTF-8 text: byte {error.start} (line {line}) does not decode",
            f"{readable}{_UNDECODABLE}",
            len(readable),
        ) from None
    if "\0" in text:
        raise UnreadableError("is no text: it holds NUL bytes", text, text.index("\0"))
    return text


def write_whole(path: str, text: str) -> None:
    """Replace a file's text, keeping its mode; a crash leaves the old file or the new one."""
    target = Path(path).resolve()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        shutil.copymode(target, temporary)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def report(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics to the standard error, a blank line behind each."""
    for diagnostic in diagnostics:
        click.echo(render(diagnostic) + "\n", err=True)


def report_unreadable(path: str, error: Exception) -> None:
    """Say that a file is not readable, or not writable."""
    click.echo(f"error[unreadable]: `{path}` {error}", err=True)


def print_text(text: str) -> None:
    """Print a policy as UTF-8, whatever the terminal's locale says; half a surrogate pair as its escape."""
    click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
