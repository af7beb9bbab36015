"""The one way in which key material becomes current, on demand or by schedule; and RotateKeyOnDemand.

Source: KMS Developer Guide, "Rotate AWS KMS keys", "Perform on-demand key rotation"; KMS API Reference,
"RotateKeyOnDemand".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from keyservice.crypto.specs import SYMMETRIC_DEFAULT
from keyservice.errors import (
    KMS_INTERNAL,
    NO_MATERIAL_PENDING_ROTATION,
    ON_DEMAND_ROTATIONS_EXCEEDED,
    ROTATION_CONFLICT,
    UNSUPPORTED_OPERATION,
)
from keyservice.model.imports import is_expired, material_as_of, settle
from keyservice.model.key import BackingKey, Key, Origin, RotationType
from keyservice.model.rotations import MaterialState, material_state
from keyservice.model.schedule import Duty, after_rotation, is_due
from keyservice.model.states import StateRule
from keyservice.operations.keys import KeyIdInput
from keyservice.operations.locate import key_target
from keyservice.operations.multi_region import check_no_replica, synchronize
from keyservice.operations.operation import SERVICE_EVENT, Echo, Kind, Operation, Ports, Run
from keyservice.store.port import Change

MOST_ON_DEMAND = 25  # of a key ("RotateKeyOnDemand")
AHEAD = 20 * 60.0  # seconds before an automatic rotation in which there is none on demand (ConflictException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A key that has rotated, as it was put, and what the trail is to say of that."""

    key: Key
    echoes: tuple[Echo, ...]


def rotate(change: Change, key: Key, kind: RotationType, *, ports: Ports, now: float) -> Rotated:
    """Give a key new current material, and its replicas with it. The caller puts the echoes on the trail.

    `key` is as this change sees it. A key of origin EXTERNAL takes the material that awaits its rotation. Earlier
    material stays, for what it has encrypted. Only an automatic rotation moves the schedule ("RotateKeyOnDemand").
    """
    material = replace(_new_material(change, key, ports, now), rotated=now, rotation_type=kind, awaits_rotation=False)
    change.put_backing_key(material)
    rotated = replace(key, current_backing_key=material.backing_key_id, current_material_id=material.material_id)
    if kind is RotationType.AUTOMATIC and key.rotation is not None:
        rotated = replace(rotated, rotation=after_rotation(key.rotation, now))
    if key.origin is Origin.EXTERNAL:
        rotated = settle(rotated, change.backing_keys(key.region, key.key_id))
    change.put_key(rotated)
    return Rotated(key=rotated, echoes=(_rotation(key, rotated, kind), *synchronize(change, rotated)))


def _new_material(change: Change, key: Key, ports: Ports, now: float) -> BackingKey:
    if key.origin is not Origin.EXTERNAL:
        return ports.keystore.generate(key, now)
    pending = _pending(change.backing_keys(key.region, key.key_id))
    if pending is None:
        raise KMS_INTERNAL()
    return pending


def _pending(backing_keys: Iterable[BackingKey]) -> BackingKey | None:
    return next((backing for backing in backing_keys if backing.awaits_rotation), None)


def _rotation(before: Key, rotated: Key, kind: RotationType) -> Echo:
    """The event of a rotation, of either kind ("Logging AWS KMS API calls with AWS CloudTrail", RotateKey)."""
    details = {
        "rotationType": kind.value,
        "keyOrigin": before.origin.value,
        "previousKeyMaterialId": before.current_material_id,
        "currentKeyMaterialId": rotated.current_material_id,
        "keyId": before.key_id,
    }
    return Echo(operation="RotateKey", key=rotated, by_service=True, event_type=SERVICE_EVENT, details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeyOnDemandOutput:
    """The key that has been rotated; `key_id` is its ARN."""

    key_id: str


def rotate_key_on_demand(run: Run, change: Change, _: KeyIdInput) -> RotateKeyOnDemandOutput:
    """Rotate the key's material now. Unlike AWS, where that takes a while: it is complete when the answer is there."""
    rotated = rotate(change, run.key, RotationType.ON_DEMAND, ports=run.ports, now=run.now)
    run.echoes += rotated.echoes
    return RotateKeyOnDemandOutput(key_id=rotated.key.arn)


def check_on_demand(run: Run, _: object) -> None:
    """Refuse keys that do not rotate, have done so too often, or are about to by their schedule."""
    key = run.key
    check_rotates(key)
    check_no_replica(key)
    backing_keys = run.ports.store.backing_keys(key.region, key.key_id)
    if sum(backing.rotation_type is RotationType.ON_DEMAND for backing in backing_keys) >= MOST_ON_DEMAND:
        raise ON_DEMAND_ROTATIONS_EXCEEDED(arn=key.arn)
    if is_due(Duty.ROTATION, key, run.now + AHEAD):
        raise ROTATION_CONFLICT(arn=key.arn)
    if key.origin is Origin.EXTERNAL:
        _check_pending(run, key, backing_keys)


def check_rotates(key: Key) -> None:
    """Refuse asymmetric and HMAC keys, of which AWS says no more than that ("RotateKeyOnDemand").

    Raises:
        ServiceError: UnsupportedOperationException.
    """
    if key.spec != SYMMETRIC_DEFAULT.name:
        raise UNSUPPORTED_OPERATION(detail="")


def _check_pending(run: Run, key: Key, backing_keys: Iterable[BackingKey]) -> None:
    """Imported material has to be there, in the Regions of all replicas too ("RotateKeyOnDemand")."""
    pending = _pending(backing_keys)
    if pending is None or is_expired(pending, run.now):
        raise NO_MATERIAL_PENDING_ROTATION(arn=key.arn)
    elsewhere = related_material(run, key)
    if material_state(key, pending, elsewhere) is not MaterialState.PENDING_ROTATION:
        raise NO_MATERIAL_PENDING_ROTATION(arn=key.arn)


def related_material(run: Run, key: Key) -> tuple[tuple[BackingKey, ...], ...]:
    """The backing keys of each replica of the multi-Region set that a key belongs to; of any other key, none.

    What has expired there is not there any more.
    """
    if not key.multi_region:
        return ()
    store = run.ports.store
    replicas = (related for related in store.related_keys(key.key_id) if related.primary_region is not None)
    return tuple(
        tuple(material_as_of(backing, run.now) for backing in store.backing_keys(replica.region, replica.key_id))
        for replica in replicas
    )


ROTATE_KEY_ON_DEMAND = Operation(
    name="RotateKeyOnDemand",
    page="RotateKeyOnDemand",
    input=KeyIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:RotateKeyOnDemand", given.key_id),
    check=check_on_demand,
    apply=rotate_key_on_demand,
    states=StateRule.ROTATION_ON_DEMAND,
    recorded=lambda output: {"keyId": output.key_id},
    read_only=False,
)
