"""`keyservice rotate-root`: a new root key, while the service runs or at rest."""

from pathlib import Path

import click

from keyservice.backup.root_commands import ROTATE, put
from keyservice.cli.root_key import FAULTS, data_option, open_trust, refused, same_sealing
from keyservice.cli.secret import ask_here, asked, secret_options
from keyservice.data_directory import DataDirectory
from keyservice.identity.control import is_served
from keyservice.keystore.root import look_at_root, open_root
from keyservice.keystore.root_sealing import SealingKind, read_sealing


@click.command("rotate-root")
@data_option
@secret_options()
def command(data: Path, passphrase_file: Path | None, passphrase_env: str | None) -> None:
    """Make a new root key, sealed as the present one is, and seal the store's domain key under it.

    Calls go on meanwhile, and every ciphertext decrypts afterwards. The old root key stays in `retired-roots/`, for
    backups that are sealed to it; whoever needs none of those may delete it.

    \b
    Example:
      keyservice rotate-root --data ./wardkey-data
    """
    place = DataDirectory(data)
    try:
        seen = look_at_root(place.root_key)
        secret = ""
        if seen.kind is not SealingKind.FILE:
            secret = ask_here(passphrase_file, passphrase_env)(seen.kind, f"of root key {seen.root_id}")
            open_root(place.root_key, asked(secret))  # what is mistyped would seal the new one
        members = same_sealing(seen, secret)
        if is_served(place.control_socket):
            root_id = put(place.control_socket, ROTATE, **members)["root_id"]
        else:
            with open_trust(place, asked(secret)) as trust:
                root_id = trust.rotate(read_sealing(members)).root_id
    except FAULTS as error:
        raise refused(error) from None
    click.echo(f"the root key is now {root_id}; {seen.root_id} is kept in `retired-roots`")
