"""What the keys of a multi-Region set have in common, and what becomes of the primary once it has no replica left.

Key id, spec, usage, origin, material and rotation are shared: the primary has them, and its replicas get them from it.
Everything else (policy, grants, aliases, tags, description, state) is each key's own. Unlike AWS, where a replica
follows within seconds, all keys of a set change in one transaction, so that nobody ever finds them apart.
Source: KMS Developer Guide, "Multi-Region keys in AWS KMS", "Rotating multi-Region keys", "Deleting multi-Region keys".
"""

from collections.abc import Iterator
from dataclasses import replace

from keyservice.errors import NOT_A_PRIMARY_KEY
from keyservice.model.key import BackingKey, Key, KeyState, MultiRegionKeyType, Origin
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
    """The replica with its primary's shared properties; the material is kept in this change."""
    own = {backing.backing_key_id: backing for backing in change.backing_keys(replica.region, replica.key_id)}
    for backing in _shared_material(change, primary, replica, own):
        own[backing.backing_key_id] = backing
        change.put_backing_key(backing)
    replica = replace(replica, rotation=primary.rotation)
    if primary.current_backing_key not in own:
        return replica
    return replace(
        replica,
        current_backing_key=primary.current_backing_key,
        current_material_id=primary.current_material_id,
    )


def _shared_material(change: Change, primary: Key, replica: Key, own: dict[str, BackingKey]) -> Iterator[BackingKey]:
    """The replica's backing keys that are new or different.

    They have the ids of the primary's, as ciphertexts name them. Wrapped material is bound to account, key id and
    backing key id and to no Region (`keystore`), so the record holds in any. Imported material is its customer's to
    bring to each Region ("Importing key material into multi-Region keys"): of what is there, only the rotation follows.
    """
    for backing in change.backing_keys(primary.region, primary.key_id):
        known = own.get(backing.backing_key_id)
        if primary.origin is not Origin.EXTERNAL:
            shared = replace(backing, region=replica.region)
        elif known is not None:
            shared = replace(
                known,
                rotated=backing.rotated,
                rotation_type=backing.rotation_type,
                awaits_rotation=backing.awaits_rotation,
            )
        else:
            continue
        if shared != known:
            yield shared


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
