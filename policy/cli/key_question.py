"""What the commands about one key share: the options that give its world, and the key that is meant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from policy.cli.completion import FILE
from policy.cli.context import read_context
from policy.cli.worlds import WorldFiles, world_options
from policy.simulate.context import Values
from policy.simulate.members import InputError
from policy.simulate.world import Key, World
from policy.simulate.world_names import WorldNames

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--scenario",
        type=FILE,
        help="A scenario file: its world, instead of an account's.",
    ),
    click.option("--context", multiple=True, metavar="KEY=VALUE", help="A condition key that is known."),
    click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True),
)


def question_options(command: Command) -> Command:
    """Add the options that `ask_about_key` reads."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return world_options(command)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyQuestion:
    """A key in its world, and the condition keys that are known."""

    world: World
    key: Key
    context: Values


def ask_about_key(options: Mapping[str, Any]) -> KeyQuestion | None:
    """The key that the options mean; None, and a report, if a file cannot be used.

    Raises:
        click.UsageError: the options make no sense.
    """
    files = WorldFiles()
    if options["scenario"] is not None:
        _check_alone(options)
        world = files.read_scenario(options["scenario"])
    elif options["account"] or options["key_policy"]:
        world = files.read_world(options)
    else:
        raise click.UsageError("Missing option '--key-policy' (with '--account'), or '--scenario'.")
    if world is None or files.has_faults:
        return None
    try:
        return KeyQuestion(world=world, key=_key(options["key"], world), context=read_context(options["context"]))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _check_alone(options: Mapping[str, Any]) -> None:
    for name in ("account", "key_policy", "scp", "rcp", "grants"):
        if options[name]:
            raise click.UsageError(f"'--{name.replace('_', '-')}' cannot stand beside '--scenario'.")


def _key(name: str | None, world: World) -> Key:
    if name is not None:
        return WorldNames(world).key(name)
    if len(world.keys) == 1:
        return world.keys[0]
    if not world.keys:
        raise InputError("there is no key: give its policy with --key-policy")
    raise InputError("which key is meant? Name one of " + ", ".join(str(key.arn) for key in world.keys))
