"""`policy convert`: a policy in its other spelling."""

import sys

import click

from policy.cli.completion import FILE
from policy.cli.files import UNUSABLE, UnreadableError, print_text, read_source, report, report_unreadable
from policy.model.reading import read_tree_of
from policy.syntax.print_json import print_json
from policy.syntax.print_text import print_text as spell_text

_PRINTERS = {"json": print_json, "text": spell_text}


@click.command("convert")
@click.argument("file", type=FILE)
@click.option("--to", "spelling", type=click.Choice(list(_PRINTERS)), required=True, help="The spelling to print.")
def command(file: str, spelling: str) -> None:
    """Print the policy in FILE (`-` is the standard input) as IAM JSON or in the text form.

    The meaning of every element is kept. Comments and the names of lists exist in the text form only.
    Exit status: 0, or 2 if the policy has faults.
    """
    try:
        source = read_source(file)
    except UnreadableError as error:
        report_unreadable(file, error)
        sys.exit(UNUSABLE)
    tree, diagnostics = read_tree_of(source)
    report(diagnostics)
    if tree is None:
        sys.exit(UNUSABLE)
    print_text(_PRINTERS[spelling](tree))
