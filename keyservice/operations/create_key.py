"""CreateKey: a KMS key of any kind, with material of the service's own, of its custom key store's, or without any."""

from dataclasses import dataclass, replace
from typing import Annotated, cast

from keyservice.authorize.context import SpelledValues
from keyservice.authorize.target import Target
from keyservice.crypto.specs import KEY_SPECS, SYMMETRIC_DEFAULT
from keyservice.errors import (
    CUSTOM_KEY_STORE_NOT_FOUND,
    LIMIT_EXCEEDED,
    UNSUPPORTED_OPERATION,
    VALIDATION,
    XKS_KEY_IN_USE,
)
from keyservice.ids import uuid_text
from keyservice.model.key import BackingKey, Key, KeyState, KeyUsage, MultiRegionKeyType, Origin
from keyservice.operations.aws_owned_keys import as_made_by
from keyservice.operations.custom_keys import check_connected, check_custom_key_store
from keyservice.operations.key_policy import check_key_policy, default_key_policy, principals_meant
from keyservice.operations.locate import account_target
from keyservice.operations.members import Description, Policy
from keyservice.operations.metadata import KeyMetadataOutput, describe, recorded_metadata
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Choice, Flag, Text
from keyservice.operations.tags import Tags, checked_tags, offered_tags
from keyservice.operations.xks_calls import metadata_of
from keyservice.store.port import Change

MOST_KEYS = 100_000  # of an account in a Region (KMS Developer Guide, "Resource quotas")

# CustomerMasterKeySpec is KeySpec's older name, and knows fewer.
_OLD_KEY_SPECS = (
    *("RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"),
    *("SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2"),
)
_KEY_SPECS = (
    *_OLD_KEY_SPECS,
    *("ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ECC_NIST_EDWARDS25519", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"),
)
_KEY_USAGES = ("SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE")
_ORIGINS = ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateKeyInput:
    """The parameters of CreateKey."""

    policy: Policy | None = None
    description: Description = ""
    key_usage: Annotated[str | None, Choice(_KEY_USAGES)] = None
    customer_master_key_spec: Annotated[str | None, Choice(_OLD_KEY_SPECS)] = None
    key_spec: Annotated[str | None, Choice(_KEY_SPECS)] = None
    origin: Annotated[str, Choice(_ORIGINS)] = "AWS_KMS"
    custom_key_store_id: Annotated[str | None, Text(1, 64)] = None
    xks_key_id: Annotated[str | None, Text(1, 128, "^[a-zA-Z0-9-_.]+$")] = None
    bypass_policy_lockout_safety_check: Annotated[bool, Flag()] = False
    tags: Tags = ()
    multi_region: Annotated[bool, Flag()] = False

    @property
    def spec(self) -> str:
        """The key spec that is asked for, under either of its two names."""
        return self.key_spec or self.customer_master_key_spec or "SYMMETRIC_DEFAULT"

    @property
    def usage(self) -> KeyUsage:
        """The key usage that is asked for."""
        return KeyUsage(self.key_usage or KeyUsage.ENCRYPT_DECRYPT)


def fresh_key_id(run: Run, *, multi_region: bool) -> str:
    """A new key id; those of multi-Region keys begin with `mrk-` (KMS Developer Guide, "Multi-Region keys")."""
    random = run.ports.random(16)
    return f"mrk-{random.hex()}" if multi_region else uuid_text(random)


def prepare_key(run: Run, given: CreateKeyInput) -> tuple[Key, BackingKey | None]:
    """A new key and its material, which that of an EXTERNAL key's customer is still to bring.

    RSA keys take up to seconds to make: no other change should wait for them.
    """
    key = Key(
        account=run.caller.account,
        partition=run.caller.partition,
        region=run.region,
        key_id=fresh_key_id(run, multi_region=given.multi_region),
        spec=given.spec,
        usage=given.usage,
        origin=Origin(given.origin),
        custom_key_store_id=given.custom_key_store_id,
        xks_key_id=given.xks_key_id,
        description=given.description,
        created=run.now,
        multi_region=given.multi_region,
        policy=given.policy or default_key_policy(run.caller),
        tags=checked_tags(given.tags),
    )
    key = as_made_by(run.caller, key)
    if given.policy is not None:
        check_key_policy(run, key, given.policy, bypass_lockout_check=given.bypass_policy_lockout_safety_check)
        key = replace(key, bound=principals_meant(run, given.policy))
    if key.origin is Origin.EXTERNAL:
        return replace(key, state=KeyState.PENDING_IMPORT), None
    metadata = metadata_of(run) if key.xks_key_id else None
    backing = run.ports.keystore.generate(key, run.now, metadata)
    return replace(key, current_backing_key=backing.backing_key_id, current_material_id=backing.material_id), backing


def check_key_quota(change: Change, key: Key) -> None:
    """Refuse a key beyond those that an account may have in a Region, whatever their states ("Resource quotas").

    Raises:
        ServiceError: LimitExceededException.
    """
    if change.key_count(key.account, key.region) >= MOST_KEYS:
        raise LIMIT_EXCEEDED(detail=f"The account has {MOST_KEYS} KMS keys in {key.region}, the most that it can have")


def create_key(run: Run, change: Change, _: CreateKeyInput) -> KeyMetadataOutput:
    """Make a KMS key with material of the service's own, of its custom key store's, or without any."""
    key, backing = cast("tuple[Key, BackingKey | None]", run.prepared)
    custom_key_store = None
    if key.custom_key_store_id is not None:
        custom_key_store = change.custom_key_store(key.region, key.custom_key_store_id)
        if custom_key_store is None:
            raise CUSTOM_KEY_STORE_NOT_FOUND(id=key.custom_key_store_id)
        check_connected(custom_key_store)
        if key.xks_key_id and change.key_on(key.region, key.custom_key_store_id, key.xks_key_id) is not None:
            raise XKS_KEY_IN_USE(xks_key_id=key.xks_key_id)
    check_key_quota(change, key)
    change.put_key(key)
    if backing is not None:
        change.put_backing_key(backing)
    return KeyMetadataOutput(key_metadata=describe(key, custom_key_store=custom_key_store))


def _check_kind(run: Run, given: CreateKeyInput) -> None:
    """Refuse what cannot be made, in AWS's order: unsupported kinds, then combinations that make no key."""
    if given.key_spec and given.customer_master_key_spec and given.key_spec != given.customer_master_key_spec:
        raise VALIDATION(detail="You cannot specify KeySpec and CustomerMasterKeySpec in the same request")
    if given.spec not in KEY_SPECS:
        raise UNSUPPORTED_OPERATION(detail=f"KeySpec {given.spec} is not supported in this Region.")
    spec = KEY_SPECS[given.spec]
    if given.key_usage is None and spec is not SYMMETRIC_DEFAULT:
        detail = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
        raise VALIDATION(detail=detail)
    if given.usage not in spec.usages:
        raise VALIDATION(detail=f"KeyUsage {given.key_usage} is not compatible with KeySpec {given.spec}")
    check_custom_key_store(
        run,
        origin=given.origin,
        custom_key_store_id=given.custom_key_store_id,
        xks_key_id=given.xks_key_id,
        spec=given.spec,
        multi_region=given.multi_region,
    )
    if given.origin == Origin.EXTERNAL and not spec.is_importable:
        # "Create a KMS key with imported key material", Requirements, names the specs, and not the error.
        raise UNSUPPORTED_OPERATION(detail=f"KeySpec {given.spec} is not supported for origin EXTERNAL.")


def _locate_create(run: Run, given: CreateKeyInput) -> tuple[Target, ...]:
    """CreateKey needs kms:TagResource too when it tags (KMS Developer Guide, "Controlling access to tags")."""
    targets = account_target(run, "kms:CreateKey")
    return (*targets, *account_target(run, "kms:TagResource")) if given.tags else targets


def _offers_create(given: CreateKeyInput) -> SpelledValues:
    return {
        **offered_tags(given.tags),
        **offered_creation(
            spec=given.spec,
            usage=given.usage,
            origin=given.origin,
            key_type=MultiRegionKeyType.PRIMARY if given.multi_region else None,
            bypass_lockout_check=given.bypass_policy_lockout_safety_check,
        ),
    }


def offered_creation(
    *, spec: str, usage: str, origin: str, key_type: MultiRegionKeyType | None, bypass_lockout_check: bool
) -> SpelledValues:
    """The condition keys of a key that is to be made; `key_type` is a multi-Region key's."""
    return {
        "kms:BypassPolicyLockoutSafetyCheck": "true" if bypass_lockout_check else "false",
        "kms:KeySpec": spec,
        "kms:CustomerMasterKeySpec": spec,
        "kms:KeyUsage": usage,
        "kms:CustomerMasterKeyUsage": usage,
        "kms:KeyOrigin": origin,
        "kms:MultiRegion": "true" if key_type else "false",
        **({"kms:MultiRegionKeyType": key_type} if key_type else {}),
    }


CREATE_KEY = Operation(
    name="CreateKey",
    page="CreateKey",
    input=CreateKeyInput,
    kind=Kind.CHANGE,
    locate=_locate_create,
    check=_check_kind,
    prepare=prepare_key,
    apply=create_key,
    offers=_offers_create,
    recorded=lambda output: {"keyMetadata": recorded_metadata(output.key_metadata)},
    read_only=False,
)
