"""What a job is: a duty, and how it is done for one key. The table of them all.

When a duty is due is pure (`model.schedule`); how it is done is the operations' own. A job changes one key in one
transaction, with what the trail says of it, so that it is done and recorded or neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from keyservice.model.imports import is_expired
from keyservice.model.key import BackingKey, Key, RotationType
from keyservice.model.schedule import Duty
from keyservice.operations.destroy import destroy
from keyservice.operations.import_expiry import expire_material
from keyservice.operations.operation import Echo, Ports
from keyservice.operations.rotate import rotate
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done: for the trail, and the backing keys that the key store has to forget."""

    echoes: tuple[Echo, ...]
    forgotten: tuple[BackingKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of the table: `run` does the duty for a key that it is due for, as the transaction sees the key."""

    duty: Duty
    does: str
    run: Callable[[Change, Key, Ports, float], Done]


def rotate_key(change: Change, key: Key, ports: Ports, now: float) -> Done:
    """Rotate a key by its schedule: once, however many dates have gone by."""
    return Done(echoes=rotate(change, key, RotationType.AUTOMATIC, ports=ports, now=now).echoes)


def delete_key(change: Change, key: Key, _: Ports, now: float) -> Done:
    """Delete a key whose waiting period has ended."""
    destroyed = destroy(change, key, now)
    return Done(echoes=destroyed.echoes, forgotten=destroyed.backing_keys)


def expire_imported_material(change: Change, key: Key, _: Ports, now: float) -> Done:
    """Erase those of a key's imported materials that have expired."""
    echoes: list[Echo] = []
    forgotten = []
    for backing in change.backing_keys(key.region, key.key_id):
        if is_expired(backing, now):
            erased = expire_material(change, key, backing, now)
            key = erased.key
            echoes += erased.echoes
            forgotten.append(erased.backing_key)
    return Done(echoes=tuple(echoes), forgotten=tuple(forgotten))


JOBS: Mapping[Duty, Job] = MappingProxyType(
    {
        job.duty: job
        for job in (
            Job(duty=Duty.ROTATION, does="rotates keys by their schedule", run=rotate_key),
            Job(duty=Duty.DELETION, does="deletes keys whose waiting period has ended", run=delete_key),
            Job(
                duty=Duty.IMPORT_EXPIRY,
                does="erases imported key material that has expired",
                run=expire_imported_material,
            ),
        )
    }
)
