"""What the keys of a multi-Region set have in common, and what becomes of the primary once it has no replica left.

Key id, spec, usage, origin, material and rotation are shared: the primary has them, and its replicas get them from it.
Everything else (policy, grants, aliases, tags, description, state) is each key's own. Unlike AWS, where a replica
follows within seconds, all keys of a set change in one transaction, so that nobody ever finds them apart.
Source: KMS Developer Guide, "Multi-Region keys in AWS KMS", "Rotating multi-Region keys", "Deleting multi-Region keys".
"""

from dataclasses import replace

from keyservice.errors import NOT_A_PRIMARY_KEY
from keyservice.model.imports import erased, settle
from keyservice.model.key import BackingKey, ImportedMaterial, Key, KeyState, MultiRegionKeyType, Origin
from keyservice.operations.operation import Echo
from keyservice.store.port import Change

DEFAULT_WINDOW = 30  # days ("ScheduleKeyDeletion", PendingWindowInDays)
DAY = 86_400.0  # seconds


def check_primary(key: Key) -> None:
    """Refuse a key that is not the primary of a multi-Region set.

    Raises:
        ServiceError: UnsupportedOperationException.
    """
    if key.multi_region_key_type is not MultiRegionKeyType.PRIMARY:
        raise NOT_A_PRIMARY_KEY(arn=key.arn)


def check_no_replica(key: Key) -> None:
    """Refuse to change on a replica what its primary decides ("Rotating multi-Region keys").

    Raises:
        ServiceError: UnsupportedOperationException.
    """
    if key.multi_region_key_type is MultiRegionKeyType.REPLICA:
        raise NOT_A_PRIMARY_KEY(arn=key.arn)


def replicas_of(change: Change, primary: Key) -> tuple[Key, ...]:
    """The replicas of a primary key, as this change sees them; of any other key, none."""
    if primary.multi_region_key_type is not MultiRegionKeyType.PRIMARY:
        return ()
    return tuple(key for key in change.related_keys(primary.key_id) if key.region != primary.region)


def synchronize(change: Change, primary: Key) -> tuple[Echo, ...]:
    """Give the replicas of a key what they share with it, after its rotation or material was changed in this change.

    Gives what is to be recorded of that: nothing for a key without replicas, so it may be called for any key.
    """
    replicas = replicas_of(change, primary)
    for replica in replicas:
        change.put_key(share(change, primary, replica))
    return (synchronized(primary),) if replicas else ()


def synchronized(primary: Key) -> Echo:
    """The event of a synchronization; it names the primary alone ("SynchronizeMultiRegionKey")."""
    return Echo(
        operation="SynchronizeMultiRegionKey",
        key=primary,
        response_elements={"keyId": primary.arn},
        by_service=True,
    )


def share(change: Change, primary: Key, replica: Key) -> Key:
    """The replica with its primary's shared properties; its backing keys are kept, and removed, in this change."""
    theirs = {backing.backing_key_id: backing for backing in change.backing_keys(primary.region, primary.key_id)}
    own = {backing.backing_key_id: backing for backing in change.backing_keys(replica.region, replica.key_id)}
    for name, backing in theirs.items():
        shared = _shared(backing, replica.region, own.get(name))
        if shared != own.get(name):
            change.put_backing_key(shared)
    # Only material that awaited its rotation ever leaves a key: "you'll also be deleting the key materials for the
    # replica Region keys" ("DeleteImportedKeyMaterial"). It was never in use, so no key store holds it open.
    for name in own.keys() - theirs.keys():
        change.delete_backing_key(replica.region, replica.key_id, name)
    replica = replace(
        replica,
        rotation=primary.rotation,
        current_backing_key=primary.current_backing_key,
        current_material_id=primary.current_material_id,
    )
    if replica.origin is not Origin.EXTERNAL:
        return replica
    return settle(replica, change.backing_keys(replica.region, replica.key_id))


def _shared(backing: BackingKey, region: str, own: BackingKey | None) -> BackingKey:
    """A backing key of the primary as the replica in a Region has it; `own` is what it has so far.

    It has the same id, as ciphertexts name it. Wrapped material is bound to account, key id and backing key id and to
    no Region (`keystore`), so the record holds in any. Material that was imported is its customer's to bring to each
    Region: until then the replica only knows of it ("Importing key material into multi-Region keys").
    """
    if backing.imported is None:
        return replace(backing, region=region)
    if own is None:
        return replace(erased(backing), region=region, imported=ImportedMaterial(present=False))
    return replace(
        own,
        rotated=backing.rotated,
        rotation_type=backing.rotation_type,
        awaits_rotation=backing.awaits_rotation,
    )


def promote(change: Change, replica: Key) -> tuple[Echo, ...]:
    """Make a replica the primary of its set; gives what is to be recorded if the set has changed by that.

    Imported material that awaits its rotation and is not in the new primary's Region is given up: it belongs to no key
    for good, and nobody could bring it there, as replicas decide nothing. What AWS does with it is not documented.
    """
    for key in change.related_keys(replica.key_id):
        change.put_key(replace(key, primary_region=None if key.region == replica.region else replica.region))
    missing = [backing for backing in change.backing_keys(replica.region, replica.key_id) if _is_missing(backing)]
    for backing in missing:
        change.delete_backing_key(replica.region, replica.key_id, backing.backing_key_id)
    primary = change.key(replica.region, replica.key_id)
    return synchronize(change, primary) if missing and primary else ()


def _is_missing(backing: BackingKey) -> bool:
    return backing.awaits_rotation and backing.imported is not None and not backing.imported.present


def after_deletion(change: Change, key: Key, now: float) -> Key | None:
    """Begin the waiting period of a primary that waited for this key, its last replica, to be deleted.

    To be called in the change that has deleted a key, whatever key it was. Gives the primary if its deletion has now a
    date. The whole waiting period begins only here ("Deleting multi-Region keys", "How to delete a primary key").
    """
    match list(change.related_keys(key.key_id)):
        case [Key(state=KeyState.PENDING_REPLICA_DELETION) as primary]:
            window = primary.pending_window_days or DEFAULT_WINDOW
            primary = replace(primary, state=KeyState.PENDING_DELETION, deletion_date=now + window * DAY)
            change.put_key(primary)
            return primary
        case _:
            return None
