"""`keyservice restore`: a data directory, made of a backup."""

from pathlib import Path

import click

from keyservice.backup.header import BackupError
from keyservice.backup.restore import restore
from keyservice.cli.backup import told
from keyservice.cli.root_key import FAULTS, refused, sealing_options, wanted_sealing
from keyservice.cli.secret import secret_options
from keyservice.cli.verify import keys_for, root_key_option
from keyservice.keystore.root_sealing import read_sealing


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data directory to make.")
@click.option("--store", "url", metavar="URL", help="An empty PostgreSQL database to restore to, not a file.")
@secret_options(what="The passphrase that seals the backup, or the root key that is given")
@root_key_option
@sealing_options("file", "file")
@secret_options("new-passphrase", what="The passphrase or PIN that is to seal the restored root key")
def command(  # noqa: PLR0913, PLR0917 - an option each
    file: Path,
    data: Path,
    url: str | None,
    passphrase_file: Path | None,
    passphrase_env: str | None,
    root_key: Path | None,
    seal: str,
    hsm: str | None,
    new_passphrase_file: Path | None,
    new_passphrase_env: str | None,
) -> None:
    """Make a data directory of a backup. Every ciphertext decrypts there that did when the backup was made.

    What was deleted since comes back, and what was made since is missing: schedule deletions again.

    \b
    Example:
      keyservice restore wardkey.backup --data ./restored --passphrase-file ./backup.passphrase
    """
    try:
        sealing = read_sealing(wanted_sealing(seal, hsm, new_passphrase_file, new_passphrase_env))
        report = restore(file, keys_for(root_key, passphrase_file, passphrase_env), data, sealing, url)
    except (*FAULTS, BackupError) as error:
        raise refused(error) from None
    click.echo(f"{data}: {told(report.counts)}; root key {report.root_id}, sealed by {seal}")
