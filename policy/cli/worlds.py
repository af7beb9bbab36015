"""Worlds from the files that options name: account dumps, key policies, control policies, grants; or a scenario."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from policy.cli.completion import FILE
from policy.cli.files import STDIN, UnreadableError, read_source, report, report_unreadable
from policy.cli.policies import PolicyFiles
from policy.model.arn import Arn
from policy.model.grant import Grant
from policy.model.reading import PolicyKind
from policy.scenario.files import load_file
from policy.simulate.account import AccountDump, read_account
from policy.simulate.json_source import read_json
from policy.simulate.members import InputError
from policy.simulate.world import Account, Key, World

Command = TypeVar("Command", bound=Callable[..., Any])

# A key whose policy is given without an ARN is of this Region: nothing depends on it but what a policy says of it.
_REGION = "us-east-1"

_OPTIONS = (
    click.option(
        "--account",
        multiple=True,
        type=FILE,
        help="An account: the JSON that `aws iam get-account-authorization-details` prints.",
    ),
    click.option(
        "--key-policy",
        multiple=True,
        type=FILE,
        metavar="[ARN=]FILE",
        help="The policy of a key; without an ARN, the file's name is the key's.",
    ),
    click.option(
        "--scp",
        multiple=True,
        type=FILE,
        help="A service control policy, one for each level.",
    ),
    click.option(
        "--rcp",
        multiple=True,
        type=FILE,
        help="A resource control policy, one for each level.",
    ),
    click.option(
        "--grants",
        multiple=True,
        type=FILE,
        help="Grants: the JSON that ListGrants answers.",
    ),
)


def world_options(command: Command) -> Command:
    """Add the options that `read_world` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class WorldFiles:
    """Reads the files of a world. `has_faults` says whether any could not be used; `warnings` what is not known."""

    def __init__(self) -> None:
        self.policies = PolicyFiles()
        self.warnings: list[str] = []
        self._has_faults = False

    @property
    def has_faults(self) -> bool:
        """Whether any file so far could not be used."""
        return self._has_faults or self.policies.has_faults

    def read_world(self, options: Mapping[str, Any]) -> World:
        """The world of --account, --key-policy, --scp, --rcp and --grants."""
        dumps = [dump for path in options["account"] if (dump := self._dump(path)) is not None]
        service, resource = (self.policies.read_levels(options[name]) for name in ("scp", "rcp"))
        ids = list(dict.fromkeys(each for dump in dumps for each in dump.account_ids))
        keys = {key.arn: key for key in self._keys(options["key_policy"], ids[0] if len(ids) == 1 else None)}
        ids += [arn.account for arn in keys if arn.account not in ids]
        for path in options["grants"]:
            self._grant_all(keys, self.policies.read_grants(path), path)
        return World(
            accounts=tuple(Account(id=each, service_control=service, resource_control=resource) for each in ids),
            identities=tuple(identity for dump in dumps for identity in dump.identities),
            keys=tuple(keys.values()),
            instance_profiles={arn: role for dump in dumps for arn, role in dump.instance_profiles.items()},
        )

    def read_scenario(self, path: str) -> World | None:
        """The world of the first scenario of a file."""
        try:
            loaded = load_file(Path(path))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self._fault(path, UnreadableError(f"cannot be read: {reason}"))
            return None
        report(loaded.diagnostics)
        if loaded.has_errors or not loaded.scenarios:
            if not loaded.has_errors:
                self._fault(path, UnreadableError("holds no scenario"))
            self._has_faults = True
            return None
        if len(loaded.scenarios) > 1:
            self._warn(f"`{path}` holds {len(loaded.scenarios)} scenarios; this is the first's world")
        return loaded.scenarios[0].world

    def read_json(self, path: str) -> Any:
        """The value of a JSON file; None, and a report, if it has faults."""
        try:
            reading = read_json(read_source(path))
        except UnreadableError as error:
            self._fault(path, error)
            return None
        report(reading.diagnostics)
        self._has_faults = self._has_faults or bool(reading.diagnostics)
        return reading.value

    def _dump(self, path: str) -> AccountDump | None:
        before = self.has_faults
        value = self.read_json(path)
        if value is None and self.has_faults and not before:
            return None
        try:
            dump = read_account(value)
        except InputError as error:
            self._has_faults = True
            click.echo(f"error[account]: `{path}`: {error}", err=True)
            return None
        for warning in dump.warnings:
            self._warn(warning)
        return dump

    def _keys(self, given: tuple[str, ...], account: str | None) -> list[Key]:
        keys: dict[Arn, Key] = {}
        for option in given:
            arn, path = split_key_policy(option)
            if arn is None:
                arn = _arn_of_file(path, account)
            policy = self.policies.read_one(path, PolicyKind.KEY)
            if arn in keys:
                raise click.UsageError(f"'--key-policy': the key `{arn}` is given twice.")
            if policy is not None:
                keys[arn] = Key(arn=arn, policy=policy)
        return list(keys.values())

    def _grant_all(self, keys: dict[Arn, Key], grants: tuple[Grant, ...], path: str) -> None:
        for grant in grants:
            arn = next((each for each in keys if grant.key_id in (str(each), each.resource.removeprefix("key/"))), None)
            if arn is None:
                self._warn(
                    f"`{path}`: grant {grant.grant_id} is for the key `{grant.key_id}`, whose policy is not given"
                )
            else:
                keys[arn] = replace(keys[arn], grants=(*keys[arn].grants, grant))

    def _warn(self, message: str) -> None:
        self.warnings.append(message)
        click.echo(f"warning[account]: {message}", err=True)

    def _fault(self, path: str, error: Exception) -> None:
        self._has_faults = True
        report_unreadable(path, error)


def split_key_policy(option: str) -> tuple[Arn | None, str]:
    """`[ARN=]FILE` as its ARN and its file.

    Raises:
        click.UsageError: what stands before the `=` begins like an ARN and is none of a key.
    """
    given, equals, path = option.partition("=")
    if not (equals and given.startswith("arn:")):
        return None, option
    try:
        arn = Arn.parse(given)
    except ValueError as error:
        raise click.UsageError(f"'--key-policy': {error}") from None
    if not arn.is_kms_key:
        raise click.UsageError(f"'--key-policy': `{given}` is no ARN of a KMS key.")
    return arn, path


def _arn_of_file(path: str, account: str | None) -> Arn:
    if account is None:
        raise click.UsageError(f"'--key-policy': whose key is `{path}`? Write ARN={path}.")
    if path == STDIN:
        raise click.UsageError("'--key-policy': the standard input has no name. Write ARN=-.")
    return Arn("aws", "kms", _REGION, account, f"key/{Path(path).stem}")
