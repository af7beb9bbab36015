"""The end of a key whose waiting period has ended: it is deleted, with its material and all that is kept of it.

Source: KMS Developer Guide, "Delete an AWS KMS key", "Deleting multi-Region keys".
"""

from dataclasses import dataclass

from keyservice.model.key import BackingKey, Key
from keyservice.operations.multi_region import after_deletion
from keyservice.operations.operation import SERVICE_EVENT, Echo
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What is gone: the key store is to forget the backing keys once the change is committed; and what is to be told.

    A custom key store's material goes with them.
    """

    backing_keys: tuple[BackingKey, ...]
    echoes: tuple[Echo, ...]


def destroy(change: Change, key: Key, now: float) -> Destroyed:
    """Delete a key with its backing keys, aliases and grants. The caller puts the echoes on the trail.

    If the key was the last replica of a multi-Region primary that is to be deleted, the waiting period of the primary
    begins.
    """
    gone = tuple(change.backing_keys(key.region, key.key_id))
    change.delete_key(key.region, key.key_id)
    after_deletion(change, key, now)
    echo = Echo(operation="DeleteKey", key=key, by_service=True, event_type=SERVICE_EVENT)
    return Destroyed(backing_keys=gone, echoes=(echo,))
