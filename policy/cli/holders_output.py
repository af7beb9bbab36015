"""What `policy admins` and `policy users` print."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from policy.analyze.holders import holders_of
from policy.analyze.who_can import Analysis
from policy.cli.access_output import access_json, write_accesses
from policy.cli.files import UNUSABLE, print_text
from policy.cli.key_question import ask_about_key
from policy.cli.progress import watched
from policy.explain.sentence import caller_name
from policy.model.principal import Anonymous

_TITLES = {"admins": "can administer", "users": "can use"}


def tell_holders(options: Mapping[str, Any], kind: Literal["admins", "users"]) -> int:
    """Print the administrators or the users of the key that the options mean; the exit status."""
    question = ask_about_key(options)
    if question is None:
        return UNUSABLE
    holders = holders_of(Analysis(question.world), question.key, question.context, watch=watched)
    both = ["everyone else" if isinstance(each, Anonymous) else caller_name(each) for each in holders.both]
    accesses = holders.admins if kind == "admins" else holders.users
    found = [access for own in accesses.values() for access in own]
    if options["output"] == "json":
        answer = {"key": str(question.key.arn), kind: list(map(access_json, found)), "administer_and_use": both}
        print_text(json.dumps(answer, indent=2) + "\n")
    else:
        write_accesses(f"{_TITLES[kind]} {question.key.arn}", found, "text", both)
    return 0
