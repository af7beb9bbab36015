"""Commands on the root key of a running service, and of one that waits sealed: both sides of the control messages."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from keyservice.identity.control import ANY_OTHER, ControlError, Handler, Message, call
from keyservice.keystore.configured import HsmSettingsError
from keyservice.keystore.root import open_root
from keyservice.keystore.root_key import UnsealError
from keyservice.keystore.root_of_trust import RootOfTrust
from keyservice.keystore.root_sealing import read_sealing
from keyservice.store.port import StoreError

UNSEAL = "root.unseal"
RESEAL = "root.reseal"
ROTATE = "root.rotate"
STATUS = "root.status"

PATIENCE = 120.0
"""Seconds: a passphrase takes a moment, and an HSM may take longer."""

SEALED = "the service is sealed: run `keyservice unseal` first"


def handlers(trust: RootOfTrust) -> Mapping[str, Handler]:
    """What a running service answers."""

    def reseal(message: Message) -> Message:
        trust.reseal(read_sealing(message))
        return {"root_id": trust.root.root_id}

    def rotate(message: Message) -> Message:
        before = trust.root.root_id
        return {"before": before, "root_id": trust.rotate(read_sealing(message)).root_id}

    def status(_: Message) -> Message:
        return {"sealed": False}

    def unseal(_: Message) -> Message:
        raise ControlError(["the service is not sealed"])

    answers = {RESEAL: reseal, ROTATE: rotate, STATUS: status, UNSEAL: unseal}
    return {command: told(answer) for command, answer in answers.items()}


def sealed_handlers(root_path: Path, unsealed: Callable[[str], None]) -> Mapping[str, Handler]:
    """What a service answers that waits for its passphrase or PIN; `unsealed` is called with it once it opens."""
    trying = threading.Lock()

    def unseal(message: Message) -> Message:
        secret = str(message.get("secret"))
        with trying:  # each guess at a passphrase takes the memory that Argon2id wants
            root = open_root(root_path, lambda _kind, _named: secret)
        unsealed(secret)
        return {"root_id": root.root_id}

    def refuse(_: Message) -> Message:
        raise ControlError([SEALED])

    return {UNSEAL: told(unseal), STATUS: lambda _: {"sealed": True}, ANY_OTHER: refuse}


def told(answer: Handler) -> Handler:
    """The handler, with what it objects to told to the command."""

    def wrapped(message: Message) -> Message:
        try:
            return answer(message)
        except (UnsealError, HsmSettingsError, StoreError, OSError) as error:
            raise ControlError([str(error)]) from None

    return wrapped


def put(socket: Path, command: str, **members: object) -> dict[str, object]:
    """Put a command to the service that listens on a socket. Raises ControlError."""
    return call(socket, {"command": command, **members}, timeout=PATIENCE)
