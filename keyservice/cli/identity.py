"""`keyservice identity`: the directory, through the running service if one runs, on the store if none does."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click
import yaml

from keyservice.authorize.documents import check_identity_policy
from keyservice.cli.directory import FAULTS, reached, refused
from keyservice.cli.policy_files import read_policy_file
from keyservice.identity.access_keys import KeyLine
from keyservice.identity.account_details import document_of_details
from keyservice.identity.directory import NewAccessKey
from keyservice.identity.document import IdentitiesError, read_document
from keyservice.identity.file import Identities, read_identities
from keyservice.identity.reading import PolicyReading
from keyservice.identity.served import Outcome, is_change

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_DATA = click.option("--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
_PRUNE = click.option("--prune", is_flag=True, help="Delete what the file's accounts have and the file does not name.")


@click.group("identity")
def command() -> None:
    """Keep organizations, accounts, users, roles, policies, instances and access keys."""


@command.command("apply")
@_FILE
@_DATA
@_DRY_RUN
@_PRUNE
def apply_file(file: Path, data: Path, dry_run: bool, prune: bool) -> None:
    """Create and update what FILE (YAML or JSON) names; what it does not name stays as it is.

    The plan is printed: + create, ~ update, - delete.

    \b
    Example:
      keyservice identity apply identities.yaml --data ./wardkey-data --dry-run

    \b
    The file, with policies as they stand or as names of files (.json or .policy) beside it:
      organizations:
        - id: o-a1b2c3d4e5
          management_account: 999988887777
          root: {id: r-ab12, units: [{id: ou-ab12-11111111, service_control_policies: [deny.json]}]}
      accounts:
        - id: 111122223333
          organization: o-a1b2c3d4e5
          parent: ou-ab12-11111111
          users: [{name: alice, groups: [operators], policies: [alice.policy]}]
          groups: [{name: operators, policies: [operators.policy]}]
          roles: [{name: WebServer, trust_policy: trust.json, policies: [web.policy]}]
          instance_profiles: [{name: web, role: WebServer}]
          instances: [{id: i-0abc, instance_profile: web}]
          access_keys: [{user: alice}]
    """
    _change(file, _read, data, dry_run=dry_run, prune=prune)


@command.command("import")
@_FILE
@_DATA
@_DRY_RUN
def import_details(file: Path, data: Path, dry_run: bool) -> None:
    """Bring in an AWS account: FILE is what `aws iam get-account-authorization-details` printed.

    \b
    Example:
      aws iam get-account-authorization-details > account.json
      keyservice identity import account.json --data ./wardkey-data --dry-run
    """
    _change(file, _read_details, data, dry_run=dry_run, prune=False)


def _change(file: Path, read: Callable[[Path], Identities], data: Path, *, dry_run: bool, prune: bool) -> None:
    try:
        with reached(data, read_only=dry_run) as directory:
            outcome = directory.apply(read(file), dry_run=dry_run, prune=prune)
    except FAULTS as error:
        raise refused(error, f"{file}: nothing was changed") from None
    _print(outcome)


@command.command("diff")
@_FILE
@_DATA
@_PRUNE
def diff(file: Path, data: Path, prune: bool) -> None:
    """Print what `apply` would change, and nothing else. Exit code 1 if there is anything, 0 if there is not.

    \b
    Example:
      keyservice identity diff identities.yaml --data ./wardkey-data --prune
    """
    try:
        with reached(data, read_only=True) as directory:
            outcome = directory.apply(_read(file), dry_run=True, prune=prune)
    except FAULTS as error:
        # 1 says that there is a difference: a comparison that could not be made says 2, as diff(1) does.
        refused(error, f"{file}: not compared").show()
        sys.exit(2)
    changes = [line for line in outcome.lines if is_change(line)]
    for line in changes:
        click.echo(line)
    sys.exit(1 if changes else 0)


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@_DATA
def export(file: Path | None, data: Path) -> None:
    """Write the directory to FILE (YAML, or JSON if it is called so), or print it, so that `apply` reads it again.

    Access keys and MFA devices are left out: their secrets are not shown again.

    \b
    Example:
      keyservice identity export identities.yaml --data ./wardkey-data
    """
    try:
        with reached(data, read_only=True) as directory:
            document = directory.export()
        text = _written(document, is_json=file is not None and file.suffix == ".json")
        if file is None:
            click.echo(text, nl=False)
        else:
            file.write_text(text, encoding="utf-8")
    except FAULTS as error:
        raise refused(error, "nothing was exported") from None


def _written(document: object, *, is_json: bool) -> str:
    if is_json:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


class _Dumper(yaml.SafeDumper):
    """YAML without aliases, which the reader refuses."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class's signature
        """Every value stands where it is."""
        return True


@command.group("access-key")
def access_key() -> None:
    """Create, list, deactivate, activate and delete a user's access keys: two at most, as AWS has it."""


_USER = click.option("--user", required=True, help="The user's name.")
_ID = click.argument("access_key_id")
_ACCOUNT = click.option("--account", default="111122223333", show_default=True)


@access_key.command("create")
@_USER
@_ACCOUNT
@_DATA
def create_key(user: str, account: str, data: Path) -> None:
    """Make an access key and show its secret, this once."""
    (key,) = _access_key("create", account, user, data)
    made = NewAccessKey(
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key or "",
        account=account,
        user_name=key.user_name,
    )
    click.echo(_shown(made))


@access_key.command("list")
@_USER
@_ACCOUNT
@_DATA
def list_keys(user: str, account: str, data: Path) -> None:
    """List a user's access keys."""
    for key in _access_key("list", account, user, data):
        click.echo(_line(key))


def _status_command(action: str, said: str) -> None:
    @access_key.command(action, help=said)
    @_ID
    @_ACCOUNT
    @_DATA
    def change(access_key_id: str, account: str, data: Path) -> None:
        (key,) = _access_key(action, account, access_key_id, data)
        click.echo(f"{action}: {_line(key)}")


_status_command("deactivate", "Refuse what is signed with an access key, until it is activated again.")
_status_command("activate", "Let an access key sign again.")
_status_command("delete", "Delete an access key for good.")


def _access_key(action: str, account: str, subject: str, data: Path) -> tuple[KeyLine, ...]:
    try:
        with reached(data, read_only=action == "list") as directory:
            return directory.access_key(action, account, subject)
    except FAULTS as error:
        raise refused(error) from None


def _line(key: KeyLine) -> str:
    return f"{key.access_key_id}  {key.status:<8}  {key.created}  {key.user_name}"


def _read(file: Path) -> Identities:
    return _identities(file, read_document(_text(file), is_json=file.suffix == ".json"))


def _read_details(file: Path) -> Identities:
    return _identities(file, document_of_details(read_document(_text(file), is_json=True)))


def _identities(file: Path, document: object) -> Identities:
    reading = PolicyReading(file=read_policy_file(file.parent), check=check_identity_policy)
    return read_identities(document, reading)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise IdentitiesError([f"`{file}` is no UTF-8 text"]) from None


def _print(outcome: Outcome) -> None:
    for line in outcome.lines:
        click.echo(line)
    for key in outcome.access_keys:
        click.echo(_shown(key))


def _shown(key: NewAccessKey) -> str:
    lines = (
        f"access key of {key.account}/{key.user_name}, shown this once:",
        f"  aws_access_key_id = {key.access_key_id}",
        f"  aws_secret_access_key = {key.secret_access_key}",
    )
    return "\n".join(lines)
