"""What `init`, `reseal` and `rotate-root` share: the sealing that is asked for, and the root key at rest."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from keyservice.cli.secret import ask_here
from keyservice.data_directory import DataDirectory
from keyservice.identity.control import ControlError
from keyservice.keystore.configured import HsmSettingsError
from keyservice.keystore.domain import unseal
from keyservice.keystore.root_key import UnsealError
from keyservice.keystore.root_of_trust import RootOfTrust
from keyservice.keystore.root_sealing import Ask, SealedRoot, SealingKind
from keyservice.store.opening import open_store
from keyservice.store.port import StoreError

FAULTS = (ControlError, UnsealError, HsmSettingsError, StoreError, OSError)

Command = TypeVar("Command", bound=Callable[..., Any])

data_option = click.option(
    "--data", type=click.Path(path_type=Path), default=Path("wardkey-data"), show_default=True, help="Data directory."
)


def sealing_options(default: str | None, shown: str) -> Callable[[Command], Command]:
    """`--seal` and `--hsm`."""

    def with_options(command: Command) -> Command:
        seal = click.option(
            "--seal",
            type=click.Choice([str(kind) for kind in SealingKind]),
            default=default,
            show_default=shown,
            help="What seals it.",
        )
        hsm = click.option(
            "--hsm", metavar="module=PATH,token=LABEL[,…]", help="The PKCS#11 token that seals it, for --seal hsm."
        )
        return seal(hsm(command))

    return with_options


def wanted_sealing(
    seal: str, hsm: str | None, file: Path | None, env: str | None, *, is_new: bool = True
) -> Mapping[str, object]:
    """The members that `read_sealing` reads."""
    kind = SealingKind(seal)
    if (kind is SealingKind.HSM) is not (hsm is not None):
        raise click.UsageError("--seal hsm and --hsm go together")
    if kind is SealingKind.FILE:
        return {"seal": kind}
    named = "the new one" if hsm is None else hsm
    return {"seal": kind, "hsm": hsm, "secret": ask_here(file, env, is_new=is_new)(kind, named)}


def same_sealing(seen: SealedRoot, secret: str) -> Mapping[str, object]:
    """The members for sealing something as a root key is sealed now."""
    hsm = seen.hsm.model_dump(mode="json", exclude_defaults=True) if seen.hsm else None
    return {"seal": seen.kind, "hsm": hsm, "secret": secret}


@contextmanager
def open_trust(place: DataDirectory, ask: Ask) -> Iterator[RootOfTrust]:
    """The root of trust of a directory that nobody serves."""
    store = open_store(place)
    try:
        yield RootOfTrust(store, place.root_key, unseal(store, place.root_key, ask))
    finally:
        store.close()


def refused(error: Exception) -> click.ClickException:
    """What a command says of a fault."""
    return click.ClickException(str(error))
