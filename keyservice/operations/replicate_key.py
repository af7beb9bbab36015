"""ReplicateKey: a related key in another Region, with the id and the material of a multi-Region primary key.

Source: KMS API Reference, "ReplicateKey"; KMS Developer Guide, "Create multi-Region replica keys", "Control access to
multi-Region keys".
"""

from dataclasses import dataclass, replace
from typing import Annotated, cast

from keyservice.authorize.context import SpelledValues
from keyservice.authorize.target import Target
from keyservice.errors import KMS_INTERNAL, REPLICA_EXISTS, UNSUPPORTED_OPERATION
from keyservice.model.key import Key, KeyState, MultiRegionKeyType, Origin
from keyservice.model.partition import partition_of
from keyservice.model.states import StateRule
from keyservice.operations.create_key import check_key_quota, offered_creation
from keyservice.operations.key_policy import check_key_policy, default_key_policy, principals_meant
from keyservice.operations.locate import key_target
from keyservice.operations.members import Description, KeyId, Policy, Region
from keyservice.operations.metadata import KeyMetadata, describe, recorded_metadata
from keyservice.operations.multi_region import check_primary, share, synchronized
from keyservice.operations.operation import Echo, Kind, Operation, Run
from keyservice.operations.shapes import Flag
from keyservice.operations.tags import Tag, Tags, checked_tags, offered_tags
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateKeyInput:
    """The parameters of ReplicateKey."""

    key_id: KeyId
    replica_region: Region
    policy: Policy | None = None
    bypass_policy_lockout_safety_check: Annotated[bool, Flag()] = False
    description: Description = ""
    tags: Tags = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateKeyOutput:
    """The replica that was made."""

    replica_key_metadata: KeyMetadata
    replica_policy: str
    replica_tags: tuple[Tag, ...]


def check_region(run: Run, region: str) -> None:
    """Refuse a Region that is none of this service's, or of another partition than the call's.

    Raises:
        ServiceError: UnsupportedOperationException, whose words for this are not documented.
    """
    if region not in run.ports.regions or partition_of(region) != partition_of(run.region):
        raise UNSUPPORTED_OPERATION(detail=f"Region {region} is not supported.")


def check_replicate(run: Run, given: ReplicateKeyInput) -> None:
    """Refuse a key that is no primary, and Regions where there can be no replica or is a related key already."""
    check_primary(run.key)
    check_region(run, given.replica_region)
    _check_vacant(run.ports.store.key(given.replica_region, run.key.key_id))


def _check_vacant(found: Key | None) -> None:
    if found is not None:
        raise REPLICA_EXISTS()


def prepare_replica(run: Run, given: ReplicateKeyInput) -> Key:
    """The replica with what is its own; what it shares with the primary is taken inside the transaction.

    It has no material yet. AWS is done with it a few seconds later, and until then its state is Creating: that is what
    the answer says. Unlike AWS, the replica is ready when the answer is there, so the next call finds it so.
    """
    primary = run.key
    replica = Key(
        account=primary.account,
        partition=primary.partition,
        region=given.replica_region,
        key_id=primary.key_id,
        manager=primary.manager,
        owning_service=primary.owning_service,
        spec=primary.spec,
        usage=primary.usage,
        origin=primary.origin,
        multi_region=True,
        primary_region=primary.region,
        state=KeyState.PENDING_IMPORT if primary.origin is Origin.EXTERNAL else KeyState.ENABLED,
        created=run.now,
        description=given.description,
        policy=given.policy or default_key_policy(run.caller),
        tags=checked_tags(given.tags),
    )
    if given.policy is not None:
        check_key_policy(run, replica, given.policy, bypass_lockout_check=given.bypass_policy_lockout_safety_check)
        replica = replace(replica, bound=principals_meant(run, given.policy))
    return replica


def replicate_key(run: Run, change: Change, given: ReplicateKeyInput) -> ReplicateKeyOutput:
    """Make a replica of a primary key in another Region."""
    prepared = cast("Key", run.prepared)
    _check_vacant(change.key(prepared.region, prepared.key_id))  # another process may have made it since
    primary = run.key
    replica = share(change, primary, prepared)
    check_key_quota(change, replica)
    change.put_key(replica)
    answered = replace(replica, state=KeyState.CREATING)
    metadata = describe(answered, change.related_keys(primary.key_id))
    # "The CloudTrail log of a ReplicateKey operation records … a CreateKey operation in the replica key's Region."
    run.echoes += (
        Echo(
            operation="CreateKey",
            key=replica,
            request_parameters=_as_created(given, replica),
            response_elements={"keyMetadata": recorded_metadata(metadata)},
        ),
        synchronized(primary),
    )
    return ReplicateKeyOutput(
        replica_key_metadata=metadata,
        replica_policy=replica.policy,
        replica_tags=given.tags,
    )


def _as_created(given: ReplicateKeyInput, replica: Key) -> dict[str, object]:
    """The parameters of the CreateKey that a replication is in the replica's Region."""
    return {
        "description": replica.description,
        "keySpec": replica.spec,
        "keyUsage": replica.usage,
        "origin": replica.origin,
        "multiRegion": True,
        "bypassPolicyLockoutSafetyCheck": given.bypass_policy_lockout_safety_check,
    }


def locate_replicate(run: Run, given: ReplicateKeyInput) -> tuple[Target, ...]:
    """The primary in its Region, and the making of a key (and its tagging) in the replica's.

    "kms:ReplicateKey on the primary key (in the primary key's Region). … kms:CreateKey in an IAM policy in the replica
    Region. To use the Tags parameter, kms:TagResource in an IAM policy in the replica Region." ("ReplicateKey")
    """
    (primary,) = key_target(run, "kms:ReplicateKey", given.key_id)
    if primary.key is None:
        raise KMS_INTERNAL()
    tagging = ("kms:TagResource",) if given.tags else ()
    return (
        replace(primary, offered={"kms:ReplicaRegion": given.replica_region}),
        *(
            Target(
                action=action,
                account=run.caller.account,
                region=given.replica_region,
                offered=_offers_replica(primary.key, given),
            )
            for action in ("kms:CreateKey", *tagging)
        ),
    )


def _offers_replica(primary: Key, given: ReplicateKeyInput) -> SpelledValues:
    return {
        **offered_tags(given.tags),
        **offered_creation(
            spec=primary.spec,
            usage=primary.usage,
            origin=primary.origin,
            key_type=MultiRegionKeyType.REPLICA,
            bypass_lockout_check=given.bypass_policy_lockout_safety_check,
        ),
    }


REPLICATE_KEY = Operation(
    name="ReplicateKey",
    page="ReplicateKey",
    input=ReplicateKeyInput,
    kind=Kind.CHANGE,
    locate=locate_replicate,
    check=check_replicate,
    prepare=prepare_replica,
    apply=replicate_key,
    states=StateRule.REPLICATE,
    recorded=lambda output: {
        "replicaKeyMetadata": recorded_metadata(output.replica_key_metadata),
        "replicaPolicy": output.replica_policy,
    },
    read_only=False,
)
