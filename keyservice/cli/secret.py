"""Passphrases and PINs: from a file, from an environment variable that the operator names, or from a prompt."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from keyservice.keystore.root_key import RootSealedError, UnsealError
from keyservice.keystore.root_sealing import Ask, SealingKind

Command = TypeVar("Command", bound=Callable[..., Any])

_WORDS = {SealingKind.FILE: "", SealingKind.PASSPHRASE: "Passphrase", SealingKind.HSM: "PIN"}


def secret_options(
    name: str = "passphrase", what: str = "The passphrase, or the HSM's PIN"
) -> Callable[[Command], Command]:
    """The two options that say where a passphrase or PIN comes from, if it is not to be asked for."""

    def with_options(command: Command) -> Command:
        file = click.option(
            f"--{name}-file", type=click.Path(path_type=Path), help=f"{what}: the file that holds it in one line."
        )
        env = click.option(f"--{name}-env", metavar="NAME", help=f"{what}: the environment variable that holds it.")
        return file(env(command))

    return with_options


def given(file: Path | None, env: str | None) -> Ask | None:
    """Asks the file or the variable; None if neither was named.

    Raises:
        UnsealError: when it is asked and there is none.
    """
    if file is not None and env is not None:
        raise click.UsageError("a passphrase comes from a file or from a variable, not from both")
    if file is not None:
        return lambda _kind, _named: _in_file(file)
    if env is not None:
        return lambda _kind, _named: _in_variable(env)
    return None


def ask_here(file: Path | None = None, env: str | None = None, *, is_new: bool = False) -> Ask:
    """Asks the file, the variable, or the person at the terminal; for a new passphrase that one is asked twice."""
    return given(file, env) or (lambda kind, named: _prompted(kind, named, is_new=is_new))


def asked(secret: str) -> Ask:
    """Gives what has been asked for already."""
    return lambda _kind, _named: secret


def _in_file(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnsealError(f"cannot read the passphrase file `{path}`: {error}") from None
    return text.removesuffix("\n").removesuffix("\r")


def _in_variable(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise UnsealError(f"the environment variable `{name}` for the passphrase is not set") from None


def _prompted(kind: SealingKind, named: str, *, is_new: bool) -> str:
    if not sys.stdin.isatty():
        raise RootSealedError(
            f"the root key is sealed by {named}: name its --passphrase-file or --passphrase-env"
            if not is_new
            else "no passphrase or PIN has been given, and there is no terminal to ask at"
        )
    confirmed = is_new and kind is SealingKind.PASSPHRASE
    secret: str = click.prompt(f"{_WORDS[kind]} ({named})", hide_input=True, confirmation_prompt=confirmed, err=True)
    return secret
