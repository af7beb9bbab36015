"""`identity apply` on a served store: the command's side and the running service's side of one control message."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyservice.identity.control import ControlError, Handler, Message, call
from keyservice.identity.directory import NewAccessKey, RandomBytes
from keyservice.identity.document import IdentitiesError
from keyservice.identity.file import Identities, PolicyReading, read_identities
from keyservice.identity.plan import apply, plan
from keyservice.identity.resolved import document_of
from keyservice.store.port import Store, StoreError

COMMAND = "identity.apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What to print: the plan, a line for each step, and the access keys that were made."""

    lines: tuple[str, ...]
    access_keys: tuple[NewAccessKey, ...] = ()


def apply_here(
    store: Store, domain_key: bytes, wanted: Identities, *, dry_run: bool, now: float, random: RandomBytes
) -> Outcome:
    """Apply to a store that this process has open; or only say what would be done."""
    if dry_run:
        return Outcome(lines=tuple(map(str, plan(store, domain_key, wanted, random=random))))
    done = apply(store, domain_key, wanted, now=now, random=random)
    return Outcome(lines=tuple(map(str, done.steps)), access_keys=done.access_keys)


def apply_there(socket: Path, wanted: Identities, *, dry_run: bool) -> Outcome:
    """Have the running service apply it. Raises ControlError with what it objects to."""
    answer: dict[str, Any] = call(socket, {"command": COMMAND, "document": document_of(wanted), "dry_run": dry_run})
    return Outcome(
        lines=tuple(answer["lines"]), access_keys=tuple(NewAccessKey(**key) for key in answer["access_keys"])
    )


def handler(
    store: Store,
    domain_key: bytes,
    check: Callable[[str, str, bool], tuple[str, ...]],
    *,
    clock: Callable[[], float],
    random: RandomBytes,
) -> Handler:
    """What the running service answers to the command. `check` is as in PolicyReading."""
    reading = PolicyReading(file=_no_file, check=check)

    def answer(message: Message) -> Message:
        try:
            wanted = read_identities(message.get("document"), reading)
            dry_run = message.get("dry_run") is not False
            outcome = apply_here(store, domain_key, wanted, dry_run=dry_run, now=clock(), random=random)
        except IdentitiesError as error:
            raise ControlError(error.faults) from None
        except StoreError as error:
            raise ControlError([str(error)]) from None
        return {"lines": list(outcome.lines), "access_keys": [dataclasses.asdict(key) for key in outcome.access_keys]}

    return answer


def _no_file(name: str, _: bool) -> str:
    """The service reads no files for a command: the command has put every policy in its place."""
    message = f"`{name}`: expected the policy document itself"
    raise ValueError(message)
