"""The `policy` command: its subcommands, each in a file of its own and loaded when it is asked for."""

from importlib import import_module

import click

# Subcommand -> what `policy --help` says of it. It is `command` in the module of its name (`who_can` for `who-can`).
_COMMANDS = {
    "admins": "Tell who can administer a key.",
    "convert": "Print a policy in its other spelling: IAM JSON or the text form.",
    "fmt": "Write policies in their canonical spelling.",
    "lint": "Find faults and risks in policies.",
    "rules": "Print the pages of the lint rules.",
    "simulate": "Decide a request, or a table of requests, and say why.",
    "test": "Run scenarios: access tests.",
    "users": "Tell who can use a key.",
    "who-can": "Tell who can do an action on a key.",
}


class _Commands(click.Group):
    """Subcommands that are imported only when they run, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"policy.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands)
@click.version_option(package_name="wardkey")
def main() -> None:
    """Read, convert, format and try out access policies, without an account and without a network."""
