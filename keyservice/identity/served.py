"""Commands on the directory: at rest, and the two sides of the control messages of a store that is served."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyservice.identity import access_keys
from keyservice.identity.access_keys import AccessKeyError, KeyLine
from keyservice.identity.control import ControlError, Handler, Message, call
from keyservice.identity.directory import Journal, NewAccessKey, RandomBytes
from keyservice.identity.document import IdentitiesError
from keyservice.identity.file import Identities, read_identities
from keyservice.identity.plan import StepKind, apply, plan
from keyservice.identity.reading import PolicyReading, PolicyUse
from keyservice.identity.resolved import document_of, kept
from keyservice.store.port import Store, StoreError

COMMAND = "identity.apply"
EXPORT = "identity.export"
ACCESS_KEY = "identity.access-key"

Check = Callable[[str, str, PolicyUse], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What to print: the plan, a line for each step, and the access keys that were made."""

    lines: tuple[str, ...]
    access_keys: tuple[NewAccessKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A store that this process has open, and what it takes to change its directory."""

    store: Store
    domain_key: bytes = dataclasses.field(repr=False)
    clock: Callable[[], float]
    random: RandomBytes
    journal: Journal | None

    def apply(self, wanted: Identities, *, dry_run: bool, prune: bool = False) -> Outcome:
        """Make the directory what is wanted; or only say what would be done."""
        if dry_run:
            steps = plan(self.store, self.domain_key, wanted, random=self.random, prune=prune)
            return Outcome(lines=tuple(map(str, steps)))
        done = apply(
            self.store,
            self.domain_key,
            wanted,
            now=self.clock(),
            random=self.random,
            journal=self.journal,
            prune=prune,
        )
        return Outcome(lines=tuple(map(str, done.steps)), access_keys=done.access_keys)

    def export(self) -> dict[str, object]:
        """The directory as a document."""
        return document_of(kept(self.store))

    def access_key(self, action: str, account: str, subject: str) -> tuple[KeyLine, ...]:
        """Create or list a user's access keys, or change or delete one: see `access_keys`."""
        return access_keys.run(
            action,
            account,
            subject,
            store=self.store,
            domain_key=self.domain_key,
            now=self.clock(),
            random=self.random,
            journal=self.journal,
        )


def is_change(line: str) -> bool:
    """Whether a line of a plan is of a step that does something."""
    return not line[2:].startswith(StepKind.UNCHANGED)


def apply_there(socket: Path, wanted: Identities, *, dry_run: bool, prune: bool = False) -> Outcome:
    """Have the running service apply it. Raises ControlError with what it objects to."""
    message = {"command": COMMAND, "document": document_of(wanted), "dry_run": dry_run, "prune": prune}
    answer: dict[str, Any] = call(socket, message)
    return Outcome(
        lines=tuple(answer["lines"]), access_keys=tuple(NewAccessKey(**key) for key in answer["access_keys"])
    )


def export_there(socket: Path) -> dict[str, object]:
    """The document that the running service exports."""
    document: dict[str, object] = call(socket, {"command": EXPORT})
    return document


def access_key_there(socket: Path, action: str, account: str, subject: str) -> tuple[KeyLine, ...]:
    """Have the running service do it."""
    message = {"command": ACCESS_KEY, "action": action, "account": account, "subject": subject}
    answer: dict[str, Any] = call(socket, message)
    return tuple(KeyLine(**line) for line in answer["keys"])


def handlers(directory: Directory, check: Check) -> Mapping[str, Handler]:
    """What the running service answers to the commands. `check` is as in PolicyReading."""
    reading = PolicyReading(file=_no_file, check=check)

    def apply_document(message: Message) -> Message:
        wanted = read_identities(message.get("document"), reading)
        dry_run, prune = message.get("dry_run") is not False, message.get("prune") is True
        outcome = directory.apply(wanted, dry_run=dry_run, prune=prune)
        return {"lines": list(outcome.lines), "access_keys": [dataclasses.asdict(key) for key in outcome.access_keys]}

    def export(_: Message) -> Message:
        return directory.export()

    def access_key(message: Message) -> Message:
        given = (str(message.get(name)) for name in ("action", "account", "subject"))
        return {"keys": [dataclasses.asdict(line) for line in directory.access_key(*given)]}

    return {COMMAND: _told(apply_document), EXPORT: _told(export), ACCESS_KEY: _told(access_key)}


def _told(answer: Handler) -> Handler:
    """The handler, with what it objects to told to the command."""

    def told(message: Message) -> Message:
        try:
            return answer(message)
        except IdentitiesError as error:
            raise ControlError(error.faults) from None
        except (AccessKeyError, StoreError) as error:
            raise ControlError([str(error)]) from None

    return told


def _no_file(name: str, _: PolicyUse) -> str:
    """The service reads no files for a command: the command has put every policy in its place."""
    message = f"`{name}`: expected the policy document itself"
    raise ValueError(message)
