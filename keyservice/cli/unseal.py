"""`keyservice unseal`: give a service that was started sealed its passphrase or PIN."""

import time
from pathlib import Path

import click

from keyservice.backup.root_commands import STATUS, UNSEAL, put
from keyservice.cli.root_key import FAULTS, data_option, refused
from keyservice.cli.secret import ask_here, secret_options
from keyservice.data_directory import DataDirectory
from keyservice.identity.control import ControlError, NoServiceError
from keyservice.keystore.root import look_at_root

PATIENCE = 60.0  # seconds for the service to open its store


@click.command("unseal")
@data_option
@secret_options()
def command(data: Path, passphrase_file: Path | None, passphrase_env: str | None) -> None:
    """Unseal the service that runs on a data directory, and return when it answers calls.

    \b
    Example:
      keyservice unseal --data ./wardkey-data
    """
    place = DataDirectory(data)
    try:
        if not put(place.control_socket, STATUS)["sealed"]:
            click.echo("the service is not sealed")
            return
        seen = look_at_root(place.root_key)
        named = f"the HSM token `{seen.hsm.token}`" if seen.hsm else f"root key {seen.root_id}"
        secret = ask_here(passphrase_file, passphrase_env)(seen.kind, named)
        answer = put(place.control_socket, UNSEAL, secret=secret)
        _wait(place.control_socket)
    except FAULTS as error:
        raise refused(error) from None
    click.echo(f"unsealed by root key {answer['root_id']}")


def _wait(socket: Path) -> None:
    """Until the service that takes the sealed one's place answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if not put(socket, STATUS)["sealed"]:
                return
        except NoServiceError:
            pass  # between the two
        time.sleep(0.05)
    raise ControlError(["the root key opens, but the service has not started: its own output says why"])
