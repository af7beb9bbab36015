"""KeyMetadata: how CreateKey and DescribeKey describe a key.

Source: KMS API Reference, "KeyMetadata".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.crypto.specs import KEY_SPECS, SYMMETRIC_DEFAULT
from keyservice.model.key import Key, KeyState, KeyUsage
from keyservice.operations.shapes import Wire


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
    origin: str
    key_manager: str
    customer_master_key_spec: str
    key_spec: str
    encryption_algorithms: tuple[str, ...] | None
    signing_algorithms: tuple[str, ...] | None
    mac_algorithms: tuple[str, ...] | None
    key_agreement_algorithms: tuple[str, ...] | None
    encapsulation_algorithms: tuple[str, ...] | None
    multi_region: bool
    current_key_material_id: str | None


def describe(key: Key) -> KeyMetadata:
    """The metadata of a key."""
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
        origin=key.origin,
        key_manager=key.manager,
        customer_master_key_spec=key.spec,
        key_spec=key.spec,
        encryption_algorithms=algorithms_for(key, KeyUsage.ENCRYPT_DECRYPT),
        signing_algorithms=algorithms_for(key, KeyUsage.SIGN_VERIFY),
        mac_algorithms=algorithms_for(key, KeyUsage.GENERATE_VERIFY_MAC),
        key_agreement_algorithms=algorithms_for(key, KeyUsage.KEY_AGREEMENT),
        encapsulation_algorithms=algorithms_for(key, KeyUsage.ENCAPSULATE_DECAPSULATE),
        multi_region=key.multi_region,
        # Of symmetric encryption keys alone, as the others do not rotate (KeyMetadata, CurrentKeyMaterialId).
        current_key_material_id=key.current_material_id if key.spec == SYMMETRIC_DEFAULT.name else None,
    )


def algorithms_for(key: Key, usage: KeyUsage) -> tuple[str, ...] | None:
    """The key's algorithms for the usage; absent unless that is what the key is for."""
    return KEY_SPECS[key.spec].algorithms[usage] if key.usage is usage else None
