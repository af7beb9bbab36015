"""UpdatePrimaryRegion: a replica becomes the primary key of its multi-Region set, and the primary a replica.

Source: KMS API Reference, "UpdatePrimaryRegion"; KMS Developer Guide, "Change the primary key in a set of multi-Region
keys".
"""

from dataclasses import dataclass, replace

from keyservice.authorize.target import Target
from keyservice.errors import KEY_NOT_FOUND, KMS_INTERNAL, UNSUPPORTED_OPERATION
from keyservice.model.states import StateRule
from keyservice.operations.locate import key_target, target_of
from keyservice.operations.members import KeyId, Region
from keyservice.operations.multi_region import check_primary, promote
from keyservice.operations.operation import Echo, Kind, Operation, Run
from keyservice.operations.replicate_key import check_region
from keyservice.store.port import Change

_ACTION = "kms:UpdatePrimaryRegion"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePrimaryRegionInput:
    """The parameters of UpdatePrimaryRegion."""

    key_id: KeyId
    primary_region: Region


def check_update(run: Run, given: UpdatePrimaryRegionInput) -> None:
    """Refuse a key that is no primary, and Regions where it has no replica."""
    key = run.key
    check_primary(key)
    check_region(run, given.primary_region)
    if given.primary_region == key.region:
        # What AWS answers to this is not documented.
        raise UNSUPPORTED_OPERATION(detail=f"{key.arn} is already the multi-region primary key.")
    if len(run.targets) == 1:
        raise KEY_NOT_FOUND(arn=replace(key, region=given.primary_region).arn)


def update_primary_region(run: Run, change: Change, given: UpdatePrimaryRegionInput) -> None:
    """Make another key of the set its primary.

    Both keys are Updating for a few seconds in AWS. Unlike there, the change is complete when the answer is there, so
    no call finds them so.
    """
    replica = run.targets[1].key
    if replica is None:
        raise KMS_INTERNAL()
    # Two entries, one in either Region; the one in the new primary's names no former one ("UpdatePrimaryRegion", log).
    run.echoes.append(
        Echo(
            operation="UpdatePrimaryRegion",
            key=replica,
            request_parameters={"keyId": replica.arn, "primaryRegion": given.primary_region},
            response_elements={"keyId": replica.arn},
        )
    )
    run.echoes += promote(change, replica)


def locate_update(run: Run, given: UpdatePrimaryRegionInput) -> tuple[Target, ...]:
    """The primary in its Region, and the replica in its own ("UpdatePrimaryRegion", required permissions).

    Whether there is a replica is told only to those who may move the primary.
    """
    (primary,) = key_target(run, _ACTION, given.key_id)
    if primary.key is None:
        raise KMS_INTERNAL()
    offered = {"kms:PrimaryRegion": given.primary_region}
    replica = run.ports.store.key(given.primary_region, primary.key.key_id)
    if replica is None or replica.region == primary.key.region:
        return (replace(primary, offered=offered),)
    there = replace(target_of(_ACTION, replica), region=replica.region)
    return replace(primary, offered=offered), replace(there, offered=offered)


UPDATE_PRIMARY_REGION = Operation(
    name="UpdatePrimaryRegion",
    page="UpdatePrimaryRegion",
    input=UpdatePrimaryRegionInput,
    kind=Kind.CHANGE,
    locate=locate_update,
    check=check_update,
    apply=update_primary_region,
    states=StateRule.UPDATE_PRIMARY,
    read_only=False,
)
