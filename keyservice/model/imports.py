"""What follows from which of a key's imported materials are there: the key's state, and when it changes by itself.

Source: KMS Developer Guide, "Import key material", "Delete imported key material", "Key states of AWS KMS keys".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from keyservice.model.key import BackingKey, ImportedExpiry, ImportedMaterial, Key, KeyState

NEVER = float("inf")


class ExpirationModel(StrEnum):
    """Whether imported material expires."""

    EXPIRES = "KEY_MATERIAL_EXPIRES"
    DOES_NOT_EXPIRE = "KEY_MATERIAL_DOES_NOT_EXPIRE"

    @classmethod
    def of(cls, valid_to: float | None) -> "ExpirationModel":
        """The model of material that is valid to a moment, or for ever."""
        return cls.DOES_NOT_EXPIRE if valid_to is None else cls.EXPIRES


# The states that follow the material; the others have reasons of their own, and stay ("DeleteImportedKeyMaterial").
_COMPLETE: Mapping[KeyState, KeyState] = {KeyState.PENDING_IMPORT: KeyState.ENABLED}
_INCOMPLETE: Mapping[KeyState, KeyState] = {
    KeyState.ENABLED: KeyState.PENDING_IMPORT,
    KeyState.DISABLED: KeyState.PENDING_IMPORT,
}


def settle(key: Key, backing_keys: Iterable[BackingKey]) -> Key:
    """The key, of origin EXTERNAL, in the state and with the expiry that follow from all its backing keys.

    It is usable only while every material that belongs to it for good is there ("Import key material"); one that
    awaits its rotation does not belong to it yet. Call it after every change of those materials.
    """
    every = tuple(backing_keys)
    permanent = [backing for backing in every if not backing.awaits_rotation]
    is_complete = bool(permanent) and all(_is_present(backing) for backing in permanent)
    follows = _COMPLETE if is_complete else _INCOMPLETE
    return replace(key, state=follows.get(key.state, key.state), expiry=_expiry(permanent, every))


def as_of(key: Key, now: float) -> Key:
    """The key as it is at `now`: material that has expired is gone, even if nobody has erased it yet."""
    expiry = key.expiry
    if expiry is None or expiry.valid_to is None or now < expiry.valid_to:
        return key
    return replace(key, state=_INCOMPLETE.get(key.state, key.state))


def is_expired(backing: BackingKey, now: float) -> bool:
    """Whether a backing key's material is there still and has to be erased."""
    return _is_present(backing) and now >= _valid_to(backing)


def material_as_of(backing: BackingKey, now: float) -> BackingKey:
    """The backing key as it is at `now`: without its material if that has expired."""
    return erased(backing) if is_expired(backing, now) else backing


def next_expiry(key: Key) -> float | None:
    """When the key next loses imported material, epoch seconds; None if it does not."""
    return key.expiry.next_due if key.expiry else None


def erased(backing: BackingKey) -> BackingKey:
    """The backing key without its material, which may be imported again; the id and the description stay."""
    imported = replace(backing.imported or ImportedMaterial(), present=False, valid_to=None)
    return replace(backing, wrapped=b"", imported=imported)


def _is_present(backing: BackingKey) -> bool:
    return backing.imported is not None and backing.imported.present


def _valid_to(backing: BackingKey) -> float:
    valid_to = backing.imported.valid_to if backing.imported else None
    return NEVER if valid_to is None else valid_to


def _expiry(permanent: Sequence[BackingKey], every: Sequence[BackingKey]) -> ImportedExpiry | None:
    """Of the materials that are there (KMS API Reference, "KeyMetadata", ValidTo: the earliest)."""
    present = [backing for backing in every if _is_present(backing)]
    if not present:
        return None
    own = [_valid_to(backing) for backing in permanent if _is_present(backing)]
    return ImportedExpiry(valid_to=_earliest(own), next_due=_earliest([_valid_to(backing) for backing in present]))


def _earliest(moments: Sequence[float]) -> float | None:
    first = min(moments, default=NEVER)
    return None if first == NEVER else first
