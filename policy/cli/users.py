"""`policy users`: everyone who can use a key."""

import sys
from typing import Any

import click

from policy.cli.holders_output import tell_holders
from policy.cli.key_question import question_options


@click.command("users")
@click.argument("key", metavar="KEY", required=False)
@question_options
def command(**options: Any) -> None:
    """Tell everyone who can use KEY, and which of them can administer it as well.

    A user can do one of the cryptographic operations: those of @usage, and their equals for keys that sign, derive or
    authenticate. KEY is an ARN, a key id, an alias, or the name of its policy's file.

    \b
    Examples:
      policy users files --account account.json --key-policy files.json
      policy users files --scenario files.scenario --output json

    Exit status: 0, or 2 if something cannot be used.
    """
    sys.exit(tell_holders(options, "users"))
