"""KMS keys, their backing keys and aliases, as values.

Source: KMS API Reference, "KeyMetadata", "AliasListEntry"; KMS Developer Guide, "Key states of AWS KMS keys".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class KeyState(StrEnum):
    """Where a KMS key is in its life."""

    CREATING = "Creating"
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    PENDING_DELETION = "PendingDeletion"
    PENDING_IMPORT = "PendingImport"
    PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
    UNAVAILABLE = "Unavailable"
    UPDATING = "Updating"


class KeyUsage(StrEnum):
    """What a KMS key is for."""

    ENCRYPT_DECRYPT = "ENCRYPT_DECRYPT"
    SIGN_VERIFY = "SIGN_VERIFY"
    GENERATE_VERIFY_MAC = "GENERATE_VERIFY_MAC"
    KEY_AGREEMENT = "KEY_AGREEMENT"
    ENCAPSULATE_DECAPSULATE = "ENCAPSULATE_DECAPSULATE"


class Origin(StrEnum):
    """Where a key's material comes from."""

    AWS_KMS = "AWS_KMS"
    EXTERNAL = "EXTERNAL"
    AWS_CLOUDHSM = "AWS_CLOUDHSM"
    EXTERNAL_KEY_STORE = "EXTERNAL_KEY_STORE"


class KeyManager(StrEnum):
    """Whose key it is."""

    CUSTOMER = "CUSTOMER"
    AWS = "AWS"


class MultiRegionKeyType(StrEnum):
    """What a multi-Region key is among its related keys."""

    PRIMARY = "PRIMARY"
    REPLICA = "REPLICA"


class RotationType(StrEnum):
    """What made material current."""

    AUTOMATIC = "AUTOMATIC"
    ON_DEMAND = "ON_DEMAND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Automatic rotation: switched on at `since` (epoch seconds), due every `period_days` (90 to 2560)."""

    period_days: int = 365
    since: float
    next_due: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedExpiry:
    """When the imported material that a key has now expires, in epoch seconds; None if it does not.

    `valid_to` is the first expiry of the materials that belong to the key for good, `next_due` the first of all: the
    material that awaits its rotation expires too.
    """

    valid_to: float | None = None
    next_due: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A KMS key. Times are epoch seconds; `policy` is the key policy's JSON text as it was put.

    `bound` holds the unique ids that the users and roles in the policy had then.
    `current_backing_key` and `current_material_id` name the material that new ciphertexts use. `expiry` is that of the
    imported material that is there, None if there is none. The keys of a multi-Region set have one `key_id`;
    `primary_region` is the primary's, None if this key is the primary itself. An AWS owned key has the service
    principal that it belongs to as `owning_service`.
    """

    account: str
    region: str
    key_id: str
    partition: str = "aws"
    spec: str = "SYMMETRIC_DEFAULT"
    usage: KeyUsage = KeyUsage.ENCRYPT_DECRYPT
    origin: Origin = Origin.AWS_KMS
    manager: KeyManager = KeyManager.CUSTOMER
    owning_service: str | None = None
    state: KeyState = KeyState.ENABLED
    description: str = ""
    created: float
    deletion_date: float | None = None
    pending_window_days: int | None = None
    multi_region: bool = False
    primary_region: str | None = None
    custom_key_store_id: str | None = None
    xks_key_id: str | None = None
    policy: str
    rotation: Rotation | None = None
    bound: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    current_backing_key: str | None = None
    current_material_id: str | None = None
    expiry: ImportedExpiry | None = None

    @property
    def arn(self) -> str:
        """`arn:aws:kms:us-east-1:111122223333:key/KEY-ID`."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"

    @property
    def is_enabled(self) -> bool:
        """What DescribeKey answers as Enabled."""
        return self.state is KeyState.ENABLED

    @property
    def multi_region_key_type(self) -> MultiRegionKeyType | None:
        """What a multi-Region key is in its set; None of a single-Region key."""
        if not self.multi_region:
            return None
        return MultiRegionKeyType.PRIMARY if self.primary_region is None else MultiRegionKeyType.REPLICA


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMaterial:
    """What belongs to material that a customer brought. It is present, or was deleted or expired and may come again.

    `valid_to` is when it expires (epoch seconds), None if it does not.
    Source: KMS API Reference, "RotationsListEntry" (ImportState, ExpirationModel, ValidTo, KeyMaterialDescription).
    """

    present: bool = True
    valid_to: float | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackingKey:
    """One version of a key's material, sealed: `wrapped` opens only under the domain key, bound to key and id.

    `rotated` is when a rotation made it current, None for the first one and while `awaits_rotation`. Material that
    is not present any more has nothing `wrapped`. Of material in a custom key store, `wrapped` is what finds it there,
    and `messages` how many it may have encrypted, counted ahead in blocks. Of a key in an external key store
    (`external`), it is the service's own half of the material, and names the external key that is the other half.
    """

    account: str
    region: str
    key_id: str
    backing_key_id: str
    created: float
    material_id: str
    wrapped: bytes = field(repr=False)
    rotated: float | None = None
    rotation_type: RotationType | None = None
    awaits_rotation: bool = False
    imported: ImportedMaterial | None = None
    custom_key_store_id: str | None = None
    external: bool = False
    messages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A friendly name of a key. `name` starts with `alias/`; times are epoch seconds."""

    account: str
    region: str
    name: str
    target_key_id: str
    partition: str = "aws"
    created: float
    updated: float

    @property
    def arn(self) -> str:
        """`arn:aws:kms:us-east-1:111122223333:alias/NAME`."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{self.name}"
