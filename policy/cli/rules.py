"""`policy rules`: the pages of the lint rules."""

import sys

import click

from policy.cli.completion import CODES
from policy.cli.files import UNUSABLE, print_text
from policy.lint.page import page_of, print_page
from policy.lint.selection import is_selected_by
from policy.lint.table import RULES, rule_named


@click.command("rules")
@click.argument("codes", nargs=-1, metavar="[CODE]...", type=CODES)
def command(codes: tuple[str, ...]) -> None:
    """Print the page of each rule CODE (or name): what it finds, why, a bad and a good example, and its source.

    Without a CODE, all rules are listed; WK5 stands for all rules whose codes begin so.

    \b
    Examples:
      policy rules
      policy rules WK501
      policy rules unknown-condition-key
    """
    if not codes:
        print_text("".join(f"{rule.code}  {rule.name:<42}  {page_of(rule).summary}\n" for rule in RULES))
        return
    status = 0
    for code in codes:
        one = rule_named(code)
        chosen = (one,) if one else tuple(rule for rule in RULES if is_selected_by(rule, code))
        if not chosen:
            click.echo(f"error: there is no rule `{code}`; `policy rules` lists them", err=True)
            status = UNUSABLE
        for rule in chosen:
            print_text(print_page(rule) + "\n")
    sys.exit(status)
