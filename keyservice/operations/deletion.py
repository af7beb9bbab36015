"""ScheduleKeyDeletion and CancelKeyDeletion: a key is deleted after a waiting period, in which it cannot be used.

Source: KMS Developer Guide, "Delete an AWS KMS key"; KMS API Reference, the two operations.
"""

from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.audit.redaction import request_parameters
from keyservice.model.imports import settle
from keyservice.model.key import KeyState, Origin
from keyservice.model.states import StateRule
from keyservice.operations.keys import KeyIdInput
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId
from keyservice.operations.multi_region import DAY, DEFAULT_WINDOW, replicas_of
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Number
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleKeyDeletionInput:
    """The parameters of ScheduleKeyDeletion."""

    key_id: KeyId
    pending_window_in_days: Annotated[int, Number(7, 30)] = DEFAULT_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleKeyDeletionOutput:
    """When the key will be deleted; `key_id` is the key's ARN. While replicas are there, there is no date."""

    key_id: str
    deletion_date: float | None
    key_state: str
    pending_window_in_days: int


def schedule_key_deletion(run: Run, change: Change, given: ScheduleKeyDeletionInput) -> ScheduleKeyDeletionOutput:
    """Make the key unusable now and delete it when the waiting period ends.

    That of a multi-Region primary key with replicas does not begin before they are deleted ("Deleting multi-Region
    keys"): `after_deletion` begins it.
    """
    is_last = not replicas_of(change, run.key)
    date = run.now + given.pending_window_in_days * DAY if is_last else None
    key = replace(
        run.key,
        state=KeyState.PENDING_DELETION if is_last else KeyState.PENDING_REPLICA_DELETION,
        deletion_date=date,
        pending_window_days=given.pending_window_in_days,
    )
    change.put_key(key)
    return ScheduleKeyDeletionOutput(
        key_id=key.arn,
        deletion_date=date,
        key_state=key.state,
        pending_window_in_days=given.pending_window_in_days,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelKeyDeletionOutput:
    """The key that will not be deleted; `key_id` is its ARN."""

    key_id: str


def cancel_key_deletion(run: Run, change: Change, _: KeyIdInput) -> CancelKeyDeletionOutput:
    """Keep the key. It is left disabled, or pending import if its imported material is gone."""
    key = replace(run.key, state=KeyState.DISABLED, deletion_date=None, pending_window_days=None)
    if key.origin is Origin.EXTERNAL:
        key = settle(key, change.backing_keys(key.region, key.key_id))
    change.put_key(key)
    return CancelKeyDeletionOutput(key_id=key.arn)


SCHEDULE_KEY_DELETION = Operation(
    name="ScheduleKeyDeletion",
    page="ScheduleKeyDeletion",
    input=ScheduleKeyDeletionInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:ScheduleKeyDeletion", given.key_id),
    apply=schedule_key_deletion,
    states=StateRule.SCHEDULE_DELETION,
    offers=lambda given: {"kms:ScheduleKeyDeletionPendingWindowInDays": str(given.pending_window_in_days)},
    recorded=request_parameters,
    read_only=False,
)

CANCEL_KEY_DELETION = Operation(
    name="CancelKeyDeletion",
    page="CancelKeyDeletion",
    input=KeyIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:CancelKeyDeletion", given.key_id),
    apply=cancel_key_deletion,
    states=StateRule.CANCEL_DELETION,
    recorded=lambda output: {"keyId": output.key_id},
    read_only=False,
)
