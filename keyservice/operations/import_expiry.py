"""The end of imported material: it is deleted, or expires.

Source: KMS Developer Guide, "Delete imported key material"; KMS API Reference, "DeleteImportedKeyMaterial".
"""

from dataclasses import dataclass, replace

from keyservice.errors import KMS_INTERNAL
from keyservice.model.imports import erased, is_expired, settle
from keyservice.model.key import BackingKey, Key, MultiRegionKeyType
from keyservice.operations.multi_region import synchronize
from keyservice.operations.operation import SERVICE_EVENT, Echo
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """A key that has lost material, as it was put, and what the trail is to say.

    The key store is to forget `backing_key`, as it was, once the change is committed.
    """

    key: Key
    backing_key: BackingKey
    echoes: tuple[Echo, ...]


def erase_material(change: Change, key: Key, backing: BackingKey) -> Erased:
    """Erase a backing key's material, and put the key, which is as this change sees it, in the state that follows.

    Material that belongs to the key may be imported again, so what is known of it stays; one that awaits its rotation
    leaves nothing, as another may take its place ("RotationsListEntry", KeyMaterialState), and goes from the replicas
    too. A replica's own loss is its own affair ("DeleteImportedKeyMaterial", Considerations for multi-Region keys).
    """
    is_given_up = backing.awaits_rotation and key.multi_region_key_type is not MultiRegionKeyType.REPLICA
    if is_given_up:
        change.delete_backing_key(backing.region, backing.key_id, backing.backing_key_id)
    else:
        change.put_backing_key(erased(backing))
    settled = settle(key, change.backing_keys(key.region, key.key_id))
    change.put_key(settled)
    return Erased(key=settled, backing_key=backing, echoes=synchronize(change, settled) if is_given_up else ())


def expire_material(change: Change, key: Key, backing: BackingKey, now: float) -> Erased:
    """Erase a backing key's material, which has expired at `now`. The caller puts the echoes on the trail."""
    if not is_expired(backing, now):
        raise KMS_INTERNAL()  # a fault of ours that would lose a customer's material
    gone = erase_material(change, key, backing)
    # KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", "DeleteExpiredKeyMaterial".
    details = {"keyId": key.key_id, "keyMaterialId": backing.material_id}
    event = Echo(
        operation="DeleteExpiredKeyMaterial", key=key, by_service=True, event_type=SERVICE_EVENT, details=details
    )
    return replace(gone, echoes=(event, *gone.echoes))
