"""The `keyservice` command: its subcommands, each in a file of its own and loaded when it is asked for."""

from importlib import import_module

import click

# Subcommand -> what `keyservice --help` says of it. It is `command` in the module of its name in this package.
_COMMANDS = {
    "audit": "Read the audit trail.",
    "container": "Be the credentials endpoint of a container.",
    "backup": "Back up everything but the trail to one file.",
    "demo": "Run the story of an EC2 instance and its files, from nothing.",
    "file": "Encrypt and decrypt files of any size under a key.",
    "identity": "Keep accounts, users, roles and instances as a file says.",
    "imds": "Be the metadata service of an instance.",
    "init": "Make the root key of a new data directory, sealed as you choose.",
    "jobs": "Show what the service does by itself.",
    "reseal": "Seal the root key by another passphrase, or in another way.",
    "restore": "Make a data directory of a backup.",
    "rotate-root": "Make a new root key, while the service runs.",
    "serve": "Run the key service.",
    "unseal": "Give a service that was started sealed its passphrase.",
    "usage": "Show what was called, and how often.",
    "verify": "Tell whether a backup is whole and opens.",
}


class _Commands(click.Group):
    """Subcommands that are imported only when they run, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"keyservice.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands)
@click.version_option(package_name="wardkey")
def main() -> None:
    """Run a key service that puts every request before a policy engine. It speaks the AWS KMS API."""


if __name__ == "__main__":
    main()
