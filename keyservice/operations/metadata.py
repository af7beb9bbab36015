"""KeyMetadata: how CreateKey and DescribeKey describe a key.

Source: KMS API Reference, "KeyMetadata".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.audit.redaction import request_parameters
from keyservice.crypto.specs import KEY_SPECS, SYMMETRIC_DEFAULT
from keyservice.model.custom_key_store import CustomKeyStore
from keyservice.model.imports import ExpirationModel
from keyservice.model.key import Key, KeyState, KeyUsage
from keyservice.operations.shapes import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiRegionKey:
    """One of a set of related keys."""

    arn: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiRegionConfiguration:
    """A multi-Region key among its related keys; replicas in the order of their Regions, itself if it is one."""

    multi_region_key_type: str
    primary_key: MultiRegionKey
    replica_keys: tuple[MultiRegionKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class XksKeyConfiguration:
    """The external key of a key in an external key store."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMetadata:
    """A key as it is described; absent members are None."""

    aws_account_id: Annotated[str, Wire("AWSAccountId")]
    key_id: str
    arn: str
    creation_date: float
    enabled: bool
    description: str
    key_usage: str
    key_state: str
    deletion_date: float | None
    pending_deletion_window_in_days: int | None
    valid_to: float | None
    origin: str
    expiration_model: str | None
    key_manager: str
    customer_master_key_spec: str
    key_spec: str
    encryption_algorithms: tuple[str, ...] | None
    signing_algorithms: tuple[str, ...] | None
    mac_algorithms: tuple[str, ...] | None
    key_agreement_algorithms: tuple[str, ...] | None
    encapsulation_algorithms: tuple[str, ...] | None
    multi_region: bool
    multi_region_configuration: MultiRegionConfiguration | None
    current_key_material_id: str | None
    custom_key_store_id: str | None
    cloud_hsm_cluster_id: str | None
    xks_key_configuration: XksKeyConfiguration | None


def describe(key: Key, related: Sequence[Key] = (), *, custom_key_store: CustomKeyStore | None = None) -> KeyMetadata:
    """The metadata of a key. `related` are the keys of its set (itself among them), if it is a multi-Region key."""
    is_waiting_for_replicas = key.state is KeyState.PENDING_REPLICA_DELETION
    return KeyMetadata(
        aws_account_id=key.account,
        key_id=key.key_id,
        arn=key.arn,
        creation_date=key.created,
        enabled=key.is_enabled,
        description=key.description,
        key_usage=key.usage,
        key_state=key.state,
        deletion_date=key.deletion_date if key.state is KeyState.PENDING_DELETION else None,
        # Until the replicas are gone the waiting period has not begun ("KeyMetadata", PendingDeletionWindowInDays).
        pending_deletion_window_in_days=key.pending_window_days if is_waiting_for_replicas else None,
        # Of the imported material that is there ("Identify different key types", imported key material).
        valid_to=key.expiry.valid_to if key.expiry else None,
        origin=key.origin,
        expiration_model=ExpirationModel.of(key.expiry.valid_to) if key.expiry else None,
        key_manager=key.manager,
        customer_master_key_spec=key.spec,
        key_spec=key.spec,
        encryption_algorithms=algorithms_for(key, KeyUsage.ENCRYPT_DECRYPT),
        signing_algorithms=algorithms_for(key, KeyUsage.SIGN_VERIFY),
        mac_algorithms=algorithms_for(key, KeyUsage.GENERATE_VERIFY_MAC),
        key_agreement_algorithms=algorithms_for(key, KeyUsage.KEY_AGREEMENT),
        encapsulation_algorithms=algorithms_for(key, KeyUsage.ENCAPSULATE_DECAPSULATE),
        multi_region=key.multi_region,
        multi_region_configuration=_configuration(key, related or (key,)),
        # Of symmetric encryption keys alone, as the others do not rotate (KeyMetadata, CurrentKeyMaterialId).
        current_key_material_id=shown_material_id(key, key.current_material_id),
        custom_key_store_id=key.custom_key_store_id,
        cloud_hsm_cluster_id=custom_key_store.cluster_id if custom_key_store else None,
        xks_key_configuration=XksKeyConfiguration(id=key.xks_key_id) if key.xks_key_id else None,
    )


def shown_material_id(key: Key, material_id: str | None) -> str | None:
    """The id of a key's material where AWS shows one: of symmetric keys whose material a custom key store has not."""
    return material_id if key.spec == SYMMETRIC_DEFAULT.name and key.custom_key_store_id is None else None


def recorded_metadata(metadata: KeyMetadata) -> Mapping[str, object]:
    """The metadata as the trail shows it (KMS Developer Guide, "Logging AWS KMS API calls …", "CreateKey")."""
    shown = request_parameters(metadata)
    return {"aWSAccountId": shown.pop("awsAccountId"), **shown}


def _configuration(key: Key, related: Sequence[Key]) -> MultiRegionConfiguration | None:
    key_type = key.multi_region_key_type
    if key_type is None:
        return None
    primary = replace(key, region=key.primary_region or key.region)
    return MultiRegionConfiguration(
        multi_region_key_type=key_type,
        primary_key=_member(primary),
        replica_keys=tuple(_member(each) for each in related if each.region != primary.region),
    )


def _member(key: Key) -> MultiRegionKey:
    return MultiRegionKey(arn=key.arn, region=key.region)


def algorithms_for(key: Key, usage: KeyUsage) -> tuple[str, ...] | None:
    """The key's algorithms for the usage; absent unless that is what the key is for."""
    return KEY_SPECS[key.spec].algorithms[usage] if key.usage is usage else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMetadataOutput:
    """What CreateKey and DescribeKey answer."""

    key_metadata: KeyMetadata
