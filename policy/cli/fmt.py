"""`policy fmt`: policies in their canonical spelling."""

import sys
from collections.abc import Iterator
from difflib import unified_diff

import click

from policy.cli.completion import FILE
from policy.cli.files import (
    STDIN,
    UNUSABLE,
    UnreadableError,
    print_text,
    read_source,
    report,
    report_unreadable,
    write_whole,
)
from policy.model.reading import read_tree_of
from policy.source import Source
from policy.syntax.print_json import print_json
from policy.syntax.print_text import print_text as spell_text
from policy.syntax.reading import is_json, without_mark

WOULD_CHANGE = 1


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> None:
    """Write each policy in FILES in its canonical spelling; `-` reads the standard input and prints.

    A policy stays in its own spelling, text form or IAM JSON, and keeps its comments. A file with faults is left alone.
    Exit status: 0; 1 if a file would change, under --check; 2 if a file cannot be used.
    """
    sys.exit(max(_format(file, check=check, diff=diff) for file in files))


def _format(file: str, *, check: bool, diff: bool) -> int:
    """Format one file; the exit status that it asks for."""
    try:
        source = read_source(file)
    except UnreadableError as error:
        report_unreadable(file, error)
        return UNUSABLE
    tree, diagnostics = read_tree_of(source)
    report(diagnostics)
    if tree is None:
        return UNUSABLE
    text = print_json(tree) if is_json(without_mark(source).text) else spell_text(tree)
    changes = text != source.text
    if diff:
        print_text("".join(_diff(source, text)))
    elif not check:
        return _write(file, text, changes=changes)
    if check and changes:
        click.echo(f"{source.name}: would change", err=True)
        return WOULD_CHANGE
    return 0


def _write(file: str, text: str, *, changes: bool) -> int:
    if file == STDIN:
        print_text(text)
    elif changes:
        try:
            write_whole(file, text)
        except OSError as error:
            report_unreadable(file, UnreadableError(f"cannot be written: {error.strerror}"))
            return UNUSABLE
    return 0


def _diff(source: Source, text: str) -> Iterator[str]:
    before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    for line in unified_diff(before, after, source.name, f"{source.name} (formatted)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
