"""`policy who-can`: everyone who can do an action on a key, by which path, under which conditions."""

import sys
from typing import Any

import click

from policy.analyze.who_can import Analysis
from policy.cli.access_output import write_accesses
from policy.cli.completion import ACTION
from policy.cli.key_question import ask_about_key, question_options
from policy.cli.progress import watched
from policy.simulate.key_actions import key_actions
from policy.simulate.members import InputError


@click.command("who-can")
@click.argument("action", type=ACTION)
@click.option("--on", "key", metavar="KEY", help="The key: its ARN, key id, alias, or the name of its policy's file.")
@question_options
def command(action: str, **options: Any) -> None:
    """Tell everyone who can do ACTION on a key.

    ACTION is a name, a pattern or a class (kms:Decrypt, kms:Re*, @usage). Each principal is told with its paths (key
    policy, IAM policy, grant) and with the conditions that depend on the request: what a policy asks of the encryption
    context, of kms:ViaService, of the caller's network. --context gives such keys; then they are decided.

    \b
    Examples:
      policy who-can kms:Decrypt --on files --account account.json --key-policy files.json
      policy who-can kms:Decrypt --on files --scenario files.scenario --context kms:EncryptionContext:app=web

    Exit status: 0, or 2 if something cannot be used.
    """
    try:
        actions = key_actions([action])
    except InputError as error:
        raise click.UsageError(str(error)) from None
    question = ask_about_key(options)
    if question is None:
        sys.exit(2)
    found = list(Analysis(question.world).who_can(actions, question.key, question.context, watch=watched))
    write_accesses(f"{action} on {question.key.arn}", found, options["output"])
