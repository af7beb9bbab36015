"""`keyservice verify`: whether a backup could be restored, without doing so."""

import time
from pathlib import Path

import click

from keyservice.backup.header import BackupError, Header
from keyservice.backup.read import Keys
from keyservice.backup.restore import verify
from keyservice.cli.backup import told
from keyservice.cli.root_key import FAULTS, refused
from keyservice.cli.secret import ask_here, secret_options
from keyservice.keystore.root import open_root
from keyservice.keystore.root_sealing import SealingKind

root_key_option = click.option(
    "--root-key",
    type=click.Path(path_type=Path),
    help="The root key's file that a backup without a passphrase is sealed to: `root.key`, or one of `retired-roots`.",
)


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@secret_options(what="The passphrase that seals the backup, or the root key that is given")
@root_key_option
def command(file: Path, passphrase_file: Path | None, passphrase_env: str | None, root_key: Path | None) -> None:
    """Read a backup to its end: that it is authentic and whole, and that every backing key in it opens.

    \b
    Example:
      keyservice verify wardkey.backup --root-key ./wardkey-data/root.key
    """
    try:
        report = verify(file, keys_for(root_key, passphrase_file, passphrase_env))
    except (*FAULTS, BackupError) as error:
        raise refused(error) from None
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(report.created))
    click.echo(f"{file}: whole and authentic, made {made} under root key {report.root_id}")
    click.echo(f"  {told(report.counts)}; {report.opened:,} backing keys open, {report.erased:,} hold no material")
    for table, count in sorted(report.counts.items()):
        click.echo(f"  {table:18} {count:>9,}")
    click.echo(
        f"  the trail goes on after line {report.trail_serial} of changes, and {report.trail_segment or 'no'} segment"
    )


def keys_for(root_key: Path | None, file: Path | None, env: str | None) -> Keys:
    """What opens a backup: its passphrase, or the root key in a file, which may take a passphrase itself."""
    ask = ask_here(file, env)

    def keys(header: Header) -> tuple[bytes, str | None]:
        if header.has_passphrase:
            return b"", ask(SealingKind.PASSPHRASE, "the passphrase of the backup")
        if root_key is None:
            raise BackupError(f"it is sealed to root key {header.root_id}: name its file with --root-key")
        root = open_root(root_key, ask)
        if root.root_id != header.root_id:
            raise BackupError(f"it is sealed to root key {header.root_id}, and `{root_key}` is {root.root_id}")
        return root.key, None

    return keys
