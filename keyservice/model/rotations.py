"""What a key's materials are to it: the one that encrypts, those that only decrypt, and one that is still to come.

Source: KMS API Reference, "RotationsListEntry", KeyMaterialState.
"""

from collections.abc import Iterable
from enum import StrEnum

from keyservice.model.key import BackingKey, Key


class MaterialState(StrEnum):
    """What key material is for."""

    CURRENT = "CURRENT"
    NON_CURRENT = "NON_CURRENT"
    PENDING_ROTATION = "PENDING_ROTATION"
    PENDING_MULTI_REGION_IMPORT_AND_ROTATION = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"


def material_state(key: Key, backing: BackingKey, elsewhere: Iterable[Iterable[BackingKey]] = ()) -> MaterialState:
    """The state of one of the key's materials; `elsewhere` are the backing keys of each of its replicas."""
    if not backing.awaits_rotation:
        is_current = backing.backing_key_id == key.current_backing_key
        return MaterialState.CURRENT if is_current else MaterialState.NON_CURRENT
    if all(_has(there, backing.material_id) for there in elsewhere):
        return MaterialState.PENDING_ROTATION
    return MaterialState.PENDING_MULTI_REGION_IMPORT_AND_ROTATION


def _has(backing_keys: Iterable[BackingKey], material_id: str) -> bool:
    """Whether the material is among those that are there; its id is the same in every Region."""
    return any(
        backing.material_id == material_id and (backing.imported is None or backing.imported.present)
        for backing in backing_keys
    )
