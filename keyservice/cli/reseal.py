"""`keyservice reseal`: seal the same root key by another passphrase, or in another way."""

from pathlib import Path

import click

from keyservice.backup.root_commands import RESEAL, put
from keyservice.cli.root_key import FAULTS, data_option, open_trust, refused, sealing_options, wanted_sealing
from keyservice.cli.secret import ask_here, secret_options
from keyservice.data_directory import DataDirectory
from keyservice.identity.control import is_served
from keyservice.keystore.root_sealing import read_sealing


@click.command("reseal")
@data_option
@sealing_options("passphrase", "passphrase")
@secret_options(what="The passphrase or PIN until now, if no service runs")
@secret_options("new-passphrase", what="The new passphrase or PIN")
def command(
    data: Path,
    seal: str,
    hsm: str | None,
    passphrase_file: Path | None,
    passphrase_env: str | None,
    new_passphrase_file: Path | None,
    new_passphrase_env: str | None,
) -> None:
    """Seal the root key anew, while the service runs or at rest. Nothing else changes.

    The old sealing's file is gone, but copies of it open the same root key: `rotate-root` makes those worthless.

    \b
    Example:
      keyservice reseal --data ./wardkey-data --seal passphrase
    """
    place = DataDirectory(data)
    try:
        members = wanted_sealing(seal, hsm, new_passphrase_file, new_passphrase_env)
        if is_served(place.control_socket):
            root_id = put(place.control_socket, RESEAL, **members)["root_id"]
        else:
            with open_trust(place, ask_here(passphrase_file, passphrase_env)) as trust:
                trust.reseal(read_sealing(members))
                root_id = trust.root.root_id
    except FAULTS as error:
        raise refused(error) from None
    click.echo(f"root key {root_id} is now sealed by {seal}")
