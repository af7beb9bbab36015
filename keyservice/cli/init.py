"""`keyservice init`: make a data directory's root key, sealed as you choose, before the first start."""

from pathlib import Path

import click

from keyservice.cli.root_key import FAULTS, data_option, refused, sealing_options, wanted_sealing
from keyservice.cli.secret import secret_options
from keyservice.data_directory import DataDirectory
from keyservice.keystore.root import create_root
from keyservice.keystore.root_key import RootKeyError
from keyservice.keystore.root_sealing import read_sealing


@click.command("init")
@data_option
@sealing_options("passphrase", "passphrase")
@secret_options()
def command(data: Path, seal: str, hsm: str | None, passphrase_file: Path | None, passphrase_env: str | None) -> None:
    """Make the root key of a new data directory. Without this, the first start makes one in an owner-only file.

    \b
    Example:
      keyservice init --data ./wardkey-data --seal passphrase
      keyservice init --data ./wardkey-data --seal hsm --hsm module=/usr/lib/softhsm/libsofthsm2.so,token=root
    """
    place = DataDirectory(data)
    try:
        if place.store.exists():
            raise RootKeyError(f"`{place.store}` exists already: a root key made now would not open it")
        sealing = read_sealing(wanted_sealing(seal, hsm, passphrase_file, passphrase_env))
        place.create()
        root = create_root(place.root_key, sealing)
    except FAULTS as error:
        raise refused(error) from None
    click.echo(f"root key {root.root_id}, sealed by {sealing.kind}: {place.root_key}")
