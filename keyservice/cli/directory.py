"""How a command reaches the directory: by the control socket of the service that runs, or by the store itself."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from keyservice.audit.identity_event import journal
from keyservice.cli.client_config import served_region
from keyservice.cli.secret import ask_here
from keyservice.data_directory import DataDirectory
from keyservice.identity.access_keys import AccessKeyError, KeyLine
from keyservice.identity.control import ControlError, is_served
from keyservice.identity.document import IdentitiesError
from keyservice.identity.file import Identities
from keyservice.identity.served import Directory, Outcome, access_key_there, apply_there, export_there
from keyservice.ids import FreshIds
from keyservice.keystore.domain import open_domain_key
from keyservice.keystore.root import UnsealError, open_root
from keyservice.store.opening import open_store
from keyservice.store.port import StoreError

FAULTS = (IdentitiesError, ControlError, AccessKeyError, StoreError, UnsealError, OSError)


class Reached(Protocol):
    """The directory, wherever it is."""

    def apply(self, wanted: Identities, *, dry_run: bool, prune: bool = False) -> Outcome:
        """Make the directory what is wanted."""
        ...

    def export(self) -> dict[str, object]:
        """The directory as a document."""
        ...

    def access_key(self, action: str, account: str, subject: str) -> tuple[KeyLine, ...]:
        """Do something with access keys."""
        ...


@dataclass(frozen=True, slots=True)
class _Served:
    """The directory of the service that listens on a control socket."""

    socket: Path

    def apply(self, wanted: Identities, *, dry_run: bool, prune: bool = False) -> Outcome:
        return apply_there(self.socket, wanted, dry_run=dry_run, prune=prune)

    def export(self) -> dict[str, object]:
        return export_there(self.socket)

    def access_key(self, action: str, account: str, subject: str) -> tuple[KeyLine, ...]:
        return access_key_there(self.socket, action, account, subject)


@contextmanager
def reached(data: Path, *, read_only: bool) -> Iterator[Reached]:
    """The directory of a data directory. Raises one of FAULTS if there is none, or it cannot be reached."""
    place = DataDirectory(data)
    if is_served(place.control_socket):
        yield _Served(place.control_socket)
        return
    store = open_store(place, read_only=read_only)
    try:
        yield Directory(
            store=store,
            domain_key=open_domain_key(store, open_root(place.root_key, ask_here())),
            clock=time.time,
            random=os.urandom,
            journal=journal(clock=time.time, fresh_id=FreshIds(os.urandom, 1), region=served_region(place)),
        )
    finally:
        store.close()


def refused(error: Exception, *before: str) -> click.ClickException:
    """What a command says of a fault, behind what it has not done."""
    if isinstance(error, IdentitiesError | ControlError):
        return click.ClickException("\n".join([*before, *error.faults]))
    return click.ClickException(str(error))
