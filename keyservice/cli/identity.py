"""`keyservice identity apply`: make the identities what a file says, through the running service if one runs."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import click

from keyservice.authorize.documents import check_identity_policy
from keyservice.data_directory import DataDirectory
from keyservice.identity.control import ControlError, NoServiceError
from keyservice.identity.directory import NewAccessKey
from keyservice.identity.document import IdentitiesError, read_document
from keyservice.identity.file import Identities, PolicyReading, read_identities
from keyservice.identity.served import Outcome, apply_here, apply_there
from keyservice.keystore.domain import open_domain_key
from keyservice.keystore.root import UnsealError, open_root
from keyservice.store.port import StoreError
from keyservice.store.sqlite import SqliteStore
from policy.model.kinds import PolicyKind
from policy.model.reading import read_policy
from policy.model.writing import to_json
from policy.source import Source


@click.group("identity")
def command() -> None:
    """Keep accounts, users, roles, instance profiles and instances as a file says."""


@command.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True)
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
def apply_file(file: Path, data: Path, dry_run: bool) -> None:
    """Create and update what FILE (YAML or JSON) names; what it does not name stays as it is.

    \b
    Example:
      keyservice identity apply identities.yaml --data ./wardkey-data --dry-run

    \b
    The file, with policies as they stand or as names of files (.json or .policy) beside it:
      accounts:
        - id: 111122223333
          users: [{name: alice, groups: [operators], policies: [alice.policy]}]
          groups: [{name: operators, policies: [operators.policy]}]
          roles: [{name: WebServer, trust_policy: trust.json, policies: [web.policy]}]
          instance_profiles: [{name: web, role: WebServer}]
          instances: [{id: i-0abc, instance_profile: web}]
          access_keys: [{user: alice}]
    """
    try:
        outcome = _apply(_read(file), DataDirectory(data), dry_run)
    except (IdentitiesError, ControlError) as error:
        raise click.ClickException("\n".join([f"{file}: nothing was changed", *error.faults])) from None
    except (StoreError, UnsealError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for line in outcome.lines:
        click.echo(line)
    for key in outcome.access_keys:
        click.echo(_shown(key))


def _apply(wanted: Identities, directory: DataDirectory, dry_run: bool) -> Outcome:
    try:
        return apply_there(directory.control_socket, wanted, dry_run=dry_run)
    except NoServiceError:
        pass
    store = SqliteStore.open(directory.store, create=False, read_only=dry_run)
    try:
        domain_key = open_domain_key(store, open_root(directory.root_key))
        return apply_here(store, domain_key, wanted, dry_run=dry_run, now=time.time(), random=os.urandom)
    finally:
        store.close()


def _read(file: Path) -> Identities:
    try:
        text = _text(file)
    except ValueError as error:
        raise IdentitiesError([str(error)]) from None
    document = read_document(text, is_json=file.suffix == ".json")
    return read_identities(document, PolicyReading(file=_policy_file(file.parent), check=check_identity_policy))


def _policy_file(directory: Path) -> Callable[[str, bool], str]:
    def read(name: str, is_trust: bool) -> str:
        """The JSON text of the policy in a file beside the identities file; ValueError with a line for each fault."""
        kind = PolicyKind.TRUST if is_trust else PolicyKind.IDENTITY
        reading = read_policy(Source(name, _text(directory / name)), kind=kind)
        if reading.document is None:
            raise ValueError("\n".join(f"{fault.place}: {fault.message}" for fault in reading.diagnostics))
        return to_json(reading.document, indent=None)

    return read


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"`{path}` is no UTF-8 text") from None


def _shown(key: NewAccessKey) -> str:
    lines = (
        f"access key of {key.account}/{key.user_name}, shown this once:",
        f"  aws_access_key_id = {key.access_key_id}",
        f"  aws_secret_access_key = {key.secret_access_key}",
    )
    return "\n".join(lines)
