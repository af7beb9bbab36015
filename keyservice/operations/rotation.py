"""EnableKeyRotation, DisableKeyRotation and GetKeyRotationStatus: automatic rotation, where AWS allows it.

Source: KMS Developer Guide, "Rotate AWS KMS keys"; KMS API Reference, the three operations.
"""

from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.model.key import KeyState, Rotation
from keyservice.model.schedule import DAY
from keyservice.model.states import StateRule
from keyservice.operations.keys import KeyIdInput
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId
from keyservice.operations.multi_region import check_no_replica, synchronize
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.rotate import check_rotates
from keyservice.operations.shapes import Number
from keyservice.store.port import Change

YEAR = 365  # days: the rotation period when none is given


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableKeyRotationInput:
    """The parameters of EnableKeyRotation."""

    key_id: KeyId
    rotation_period_in_days: Annotated[int | None, Number(90, 2560)] = None


def enable_key_rotation(run: Run, change: Change, given: EnableKeyRotationInput) -> None:
    """Rotate the key's material every year, or in the period given; a new period counts from now."""
    current = run.key.rotation
    period = given.rotation_period_in_days or (current.period_days if current else YEAR)
    if current is not None and period == current.period_days:
        return
    since = run.now
    rotation = Rotation(period_days=period, since=since, next_due=since + period * DAY)
    _put(run, change, rotation)


def disable_key_rotation(run: Run, change: Change, _: KeyIdInput) -> None:
    """Stop rotating the key's material."""
    _put(run, change, None)


def _put(run: Run, change: Change, rotation: Rotation | None) -> None:
    """Give the key, and the replicas of a multi-Region primary key, another automatic rotation."""
    key = replace(run.key, rotation=rotation)
    change.put_key(key)
    run.echoes += synchronize(change, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKeyRotationStatusOutput:
    """Whether and when the key rotates. While the key is pending deletion it does not."""

    key_rotation_enabled: bool
    key_id: str
    rotation_period_in_days: int | None
    next_rotation_date: float | None
    on_demand_rotation_start_date: float | None


def get_key_rotation_status(run: Run, _: KeyIdInput) -> GetKeyRotationStatusOutput:
    """Tell whether the key rotates, how often and when next."""
    key = run.key
    is_leaving = key.state in (KeyState.PENDING_DELETION, KeyState.PENDING_REPLICA_DELETION)
    rotation = None if is_leaving else key.rotation
    return GetKeyRotationStatusOutput(
        key_rotation_enabled=rotation is not None,
        key_id=key.arn,
        rotation_period_in_days=rotation.period_days if rotation else None,
        next_rotation_date=rotation.next_due if rotation else None,
        on_demand_rotation_start_date=None,  # no rotation is ever in progress: RotateKeyOnDemand completes it
    )


def _check_rotates(run: Run, _: object) -> None:
    """Refuse asymmetric and HMAC keys, and replica keys ("EnableKeyRotation")."""
    check_no_replica(run.key)
    check_rotates(run.key)


ENABLE_KEY_ROTATION = Operation(
    name="EnableKeyRotation",
    page="EnableKeyRotation",
    input=EnableKeyRotationInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:EnableKeyRotation", given.key_id),
    check=_check_rotates,
    apply=enable_key_rotation,
    states=StateRule.ROTATION,
    offers=lambda given: (
        {"kms:RotationPeriodInDays": str(given.rotation_period_in_days)} if given.rotation_period_in_days else {}
    ),
    read_only=False,
)

DISABLE_KEY_ROTATION = Operation(
    name="DisableKeyRotation",
    page="DisableKeyRotation",
    input=KeyIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:DisableKeyRotation", given.key_id),
    check=lambda run, _: check_no_replica(run.key),
    apply=disable_key_rotation,
    states=StateRule.ROTATION,
    read_only=False,
)

GET_KEY_ROTATION_STATUS = Operation(
    name="GetKeyRotationStatus",
    page="GetKeyRotationStatus",
    input=KeyIdInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:GetKeyRotationStatus", given.key_id),
    answer=get_key_rotation_status,
    states=StateRule.ROTATION_STATUS,
    cross_account=True,
)
