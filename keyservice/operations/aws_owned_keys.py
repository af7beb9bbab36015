"""AWS owned keys: those that a linked service makes for itself, in an account of its own, for whichever customers.

To everybody else they do not exist. Nobody pays for them.
Source: KMS Developer Guide, "AWS KMS keys" (AWS owned keys).
"""

from dataclasses import replace

from keyservice.auth.caller import Caller, CallerKind
from keyservice.model.key import Key, KeyManager
from keyservice.operations.operation import Run


def as_made_by(caller: Caller, key: Key) -> Key:
    """A new key as its maker's: a customer's, or a service's own."""
    if caller.kind is not CallerKind.SERVICE:
        return key
    return replace(key, manager=KeyManager.AWS, owning_service=caller.name)


def visible_key(run: Run, region: str, key_id: str) -> Key | None:
    """A key of a Region, None if there is none or the caller is not to know of it."""
    key = run.ports.store.key(region, key_id)
    if key is None or key.owning_service is None:
        return key
    is_its_own = run.caller.kind is CallerKind.SERVICE and run.caller.name == key.owning_service
    return key if is_its_own else None
