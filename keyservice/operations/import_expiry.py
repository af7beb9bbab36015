"""The end of imported material: it expires, or is deleted.

Source: KMS Developer Guide, "Delete imported key material"; KMS API Reference, "DeleteImportedKeyMaterial".
"""

from keyservice.errors import KMS_INTERNAL
from keyservice.model.imports import erased, is_expired, settle
from keyservice.model.key import BackingKey, Key
from keyservice.store.port import Change


def erase_material(change: Change, key: Key, backing: BackingKey) -> Key:
    """Erase a backing key's material, and put the key in the state that follows; the key as it was put.

    Material that belongs to the key may be imported again, so what is known of it stays; one that awaits its rotation
    leaves nothing, as another may take its place ("RotationsListEntry", KeyMaterialState). The caller has the key
    store forget the backing key, once the change is committed.
    """
    if backing.awaits_rotation:
        change.delete_backing_key(backing.region, backing.key_id, backing.backing_key_id)
    else:
        change.put_backing_key(erased(backing))
    settled = settle(key, change.backing_keys(key.region, key.key_id))
    change.put_key(settled)
    return settled


def expire_material(change: Change, key: Key, backing: BackingKey, now: float) -> Key:
    """Erase a backing key's material, which has expired at `now`, and give the key as it was put."""
    if not is_expired(backing, now):
        raise KMS_INTERNAL()  # a fault of ours that would lose a customer's material
    return erase_material(change, key, backing)
