"""`keyservice backup`: one file that holds everything but the trail, while the service runs or at rest."""

import time
from collections.abc import Mapping
from pathlib import Path

import click

from keyservice.backup.header import BackupError
from keyservice.backup.served import backup_there
from keyservice.backup.write import write_backup
from keyservice.cli.root_key import FAULTS, data_option, refused
from keyservice.cli.secret import ask_here, given, secret_options
from keyservice.data_directory import DataDirectory
from keyservice.identity.control import is_served
from keyservice.keystore.domain import open_domain
from keyservice.keystore.root import open_root
from keyservice.keystore.root_sealing import SealingKind
from keyservice.store.opening import open_store


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@data_option
@secret_options(what="The passphrase that is to seal the backup, instead of the root key")
@click.option("--prompt", is_flag=True, help="Ask for the passphrase that is to seal the backup.")
@secret_options("root-passphrase", what="The passphrase or PIN that seals the root key, if no service runs")
def command(
    file: Path,
    data: Path,
    prompt: bool,
    passphrase_file: Path | None,
    passphrase_env: str | None,
    root_passphrase_file: Path | None,
    root_passphrase_env: str | None,
) -> None:
    """Back up a store to a new FILE: keys, aliases, grants, policies, backing keys, the directory; not the trail.

    It is sealed to the root key, which a restore then takes; or by a passphrase, and then the root key is in it.

    \b
    Example:
      keyservice backup --data ./wardkey-data --passphrase-file ./backup.passphrase wardkey.backup
    """
    place = DataDirectory(data)
    try:
        ask = given(passphrase_file, passphrase_env) or (ask_here(is_new=True) if prompt else None)
        passphrase = ask(SealingKind.PASSPHRASE, "of the backup") if ask else None
        if is_served(place.control_socket):
            counts = backup_there(place.control_socket, file, passphrase)
        else:
            counts = _backup_here(place, file, passphrase, root_passphrase_file, root_passphrase_env)
    except (*FAULTS, BackupError) as error:
        raise refused(error) from None
    sealed_by = "the root key" if passphrase is None else "a passphrase"
    click.echo(f"{file}: {told(counts)}; sealed by {sealed_by}")


def told(counts: Mapping[str, int]) -> str:
    """How many of what."""
    shown = (("key", "keys"), ("backing_key", "backing keys"), ("alias", "aliases"), ("key_grant", "grants"))
    return ", ".join(f"{counts.get(table, 0):,} {name}" for table, name in shown)


def _backup_here(
    place: DataDirectory, file: Path, passphrase: str | None, root_file: Path | None, root_env: str | None
) -> Mapping[str, int]:
    store = open_store(place, read_only=True)
    try:
        root = open_root(place.root_key, ask_here(root_file, root_env))
        domain = open_domain(store, root)
        now = time.time()
        return write_backup(file, store, root, domain, passphrase=passphrase, now=now, trail=place.trail)
    finally:
        store.close()
