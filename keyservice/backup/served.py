"""`keyservice backup` of a running service: both sides of the control message. The service itself writes the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyservice.backup.header import BackupError
from keyservice.backup.write import write_backup
from keyservice.clock import Clock
from keyservice.identity.control import ControlError, Handler, Message, call
from keyservice.keystore.root_of_trust import RootOfTrust
from keyservice.store.port import Store, StoreError

COMMAND = "backup"
PATIENCE = 24 * 3600.0  # seconds: a backup takes as long as it takes


def backup_there(socket: Path, path: Path, passphrase: str | None) -> Mapping[str, int]:
    """Have the running service write a backup. Raises ControlError."""
    message = {"command": COMMAND, "path": str(path.absolute()), "passphrase": passphrase}
    answer: dict[str, Any] = call(socket, message, timeout=PATIENCE)
    return {str(kind): int(count) for kind, count in answer["counts"].items()}


def handler(store: Store, trust: RootOfTrust, trail: Path, clock: Clock) -> Handler:
    """What the running service answers to the command."""

    def answer(message: Message) -> Message:
        path, passphrase = message.get("path"), message.get("passphrase")
        if not isinstance(path, str) or not (passphrase is None or isinstance(passphrase, str)):
            raise ControlError(["expected a path, and a passphrase if there is to be one"])
        try:
            counts = write_backup(
                Path(path), store, trust.root, trust.domain, passphrase=passphrase, now=clock.now(), trail=trail
            )
        except (BackupError, StoreError) as error:
            raise ControlError([str(error)]) from None
        return {"counts": counts}

    return answer
