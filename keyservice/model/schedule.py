"""When the service has something to do with a key by itself: pure functions of the key, which the jobs walk through.

Times are epoch seconds; None is never. What is due follows from the key alone, so that nothing is ever done early, or
twice for one due date: whoever does it changes the key, and the key is then due later or not at all.
Source: KMS Developer Guide, "Rotate AWS KMS keys", "Delete an AWS KMS key", "Import key material".
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from keyservice.model.imports import next_expiry
from keyservice.model.key import Key, KeyState, Rotation

DAY = 86_400.0  # seconds


class Duty(StrEnum):
    """What the service does with a key when its time has come."""

    ROTATION = "rotation"
    DELETION = "deletion"
    IMPORT_EXPIRY = "import expiry"


def rotation_due(key: Key) -> float | None:
    """When the key rotates next by its schedule.

    Only enabled keys do: a disabled one, and one whose deletion was cancelled, catches up when it is enabled again
    ("Rotate AWS KMS keys", disabled KMS keys, KMS keys pending deletion). A replica rotates with its primary.
    """
    if key.rotation is None or key.state is not KeyState.ENABLED or key.primary_region is not None:
        return None
    return key.rotation.next_due


def deletion_due(key: Key) -> float | None:
    """When the key's waiting period ends."""
    return key.deletion_date if key.state is KeyState.PENDING_DELETION else None


_DUE: Mapping[Duty, Callable[[Key], float | None]] = {
    Duty.ROTATION: rotation_due,
    Duty.DELETION: deletion_due,
    Duty.IMPORT_EXPIRY: next_expiry,
}


def due_at(duty: Duty, key: Key) -> float | None:
    """When the duty is due."""
    return _DUE[duty](key)


def is_due(duty: Duty, key: Key, now: float) -> bool:
    """Whether the duty is to be done at `now`."""
    moment = due_at(duty, key)
    return moment is not None and moment <= now


def after_rotation(rotation: Rotation, now: float) -> Rotation:
    """The schedule once its rotation has taken place at `now`.

    The dates keep their distance: a key that is due on 14 April rotates a period after 14 April next
    ("RotateKeyOnDemand"). A rotation that was missed by a day or more, as the key was disabled or nobody served it, is
    made up for once, and the period counts from then ("GetKeyRotationStatus", Disabled).
    """
    missed = now - rotation.next_due >= DAY
    return replace(rotation, next_due=(now if missed else rotation.next_due) + rotation.period_days * DAY)
