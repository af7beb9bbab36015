"""`policy admins`: everyone who can administer a key."""

import sys
from typing import Any

import click

from policy.cli.holders_output import tell_holders
from policy.cli.key_question import question_options


@click.command("admins")
@click.argument("key", metavar="KEY", required=False)
@question_options
def command(**options: Any) -> None:
    """Tell everyone who can administer KEY, and which of them can use it as well.

    An administrator can do one of the actions of @administration that change something: to describe or list is not
    enough. KEY is an ARN, a key id, an alias, or the name of its policy's file.

    \b
    Examples:
      policy admins files --account account.json --key-policy files.json
      policy admins --key-policy arn:aws:kms:eu-central-1:111122223333:key/1234abcd=files.json

    Exit status: 0, or 2 if something cannot be used.
    """
    sys.exit(tell_holders(options, "admins"))
