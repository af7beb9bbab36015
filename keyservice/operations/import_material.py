"""ImportKeyMaterial: material that the customer brings, for the first time, again, or to rotate to.

Source: KMS API Reference, "ImportKeyMaterial"; KMS Developer Guide, "Import key material".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, cast

from keyservice.audit.redaction import request_parameters
from keyservice.authorize.context import SpelledValues
from keyservice.crypto.import_wrapping import AES_KEY_LENGTH, unwrap_material
from keyservice.crypto.specs import SYMMETRIC_DEFAULT
from keyservice.errors import INCORRECT_KEY_MATERIAL, INVALID_IMPORT_TOKEN, ROTATION_PENDING, VALIDATION
from keyservice.model.imports import ExpirationModel, is_expired, settle
from keyservice.model.key import BackingKey, ImportedMaterial, Key
from keyservice.model.states import StateRule
from keyservice.operations.import_expiry import expire_material
from keyservice.operations.import_parameters import open_wrapping_key
from keyservice.operations.import_token import ImportToken
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId
from keyservice.operations.multi_region import check_no_replica, synchronize
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Blob, Choice, Text, Timestamp
from keyservice.store.port import Change

LONGEST_VALIDITY = 365 * 86_400.0  # seconds from the request ("ImportKeyMaterial", ValidTo)

KeyMaterialId = Annotated[str | None, Text(64, 64, r"^[a-f0-9]+$")]


class ImportType(StrEnum):
    """Whether the key knows the material already."""

    NEW = "NEW_KEY_MATERIAL"
    EXISTING = "EXISTING_KEY_MATERIAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKeyMaterialInput:
    """The parameters of ImportKeyMaterial."""

    key_id: KeyId
    import_token: Annotated[bytes, Blob(1, 6144)] = field(repr=False)
    encrypted_key_material: Annotated[bytes, Blob(1, 6144)] = field(repr=False)
    valid_to: Annotated[float | None, Timestamp()] = None
    expiration_model: Annotated[str, Choice(tuple(ExpirationModel))] = ExpirationModel.EXPIRES
    import_type: Annotated[str | None, Choice(tuple(ImportType))] = None
    key_material_description: Annotated[str | None, Text(0, 256, r"^[a-zA-Z0-9:/_\s.-]+$")] = None
    key_material_id: KeyMaterialId = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialOutput:
    """The key whose material came or went; `key_id` is its ARN. Symmetric keys alone name their material."""

    key_id: str
    key_material_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The material out of its wrapping, sealed anew."""

    token: ImportToken
    material: BackingKey


def check_import(run: Run, given: ImportKeyMaterialInput) -> None:
    """Refuse parameters that do not go together, or not with the key. Apart from the first, AWS words none of them."""
    if given.expiration_model == ExpirationModel.EXPIRES and given.valid_to is None:
        raise VALIDATION(detail="A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
    if given.expiration_model == ExpirationModel.DOES_NOT_EXPIRE and given.valid_to is not None:
        raise VALIDATION(detail="A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
    if given.valid_to is not None and not run.now < given.valid_to <= run.now + LONGEST_VALIDITY:
        raise VALIDATION(detail="The validTo date must be in the future and at most 365 days from now")
    if run.key.spec != SYMMETRIC_DEFAULT.name:
        _check_none_of_symmetric_keys(run.key, given)
    if given.import_type == ImportType.NEW and given.key_material_id is not None:
        raise VALIDATION(detail="KeyMaterialId must not be specified if the ImportType is NEW_KEY_MATERIAL")


def _check_none_of_symmetric_keys(key: Key, given: ImportKeyMaterialInput) -> None:
    """Other keys have one material for ever, so there is nothing to tell apart ("Import key material")."""
    members = {
        "ImportType": given.import_type,
        "KeyMaterialDescription": given.key_material_description,
        "KeyMaterialId": given.key_material_id,
    }
    for name, value in members.items():
        if value is not None:
            raise VALIDATION(detail=f"{name} is not supported for KMS keys with KeySpec {key.spec}")


def unwrap_import(run: Run, given: ImportKeyMaterialInput) -> Prepared:
    """Take the material out of its wrapping and check it: what takes long, and needs no transaction."""
    ports = run.ports
    token = ImportToken.open(ports.domain_key, given.import_token, run.key, run.now)
    material = unwrap_material(
        open_wrapping_key(ports, token).private,
        token.wrapping_algorithm,
        given.encrypted_key_material,
        stand_in=ports.random(AES_KEY_LENGTH),
    )
    return Prepared(token=token, material=ports.keystore.import_material(run.key, material, run.now))


def import_key_material(run: Run, change: Change, given: ImportKeyMaterialInput) -> MaterialOutput:
    """Give a key its first material, the same again, or another one that it can be rotated to.

    The wrapping key is used up: every import takes a new one ("Import key material", Reimport key material).
    """
    prepared = cast("Prepared", run.prepared)
    token = prepared.token
    if change.wrapping_key(token.region, token.key_id, token.nonce) is None:
        raise INVALID_IMPORT_TOKEN()  # another request has used it since
    change.delete_wrapping_key(token.region, token.key_id, token.nonce)
    key = expire_overdue(run, change, run.key)
    known = change.backing_keys(key.region, key.key_id)
    material = _placed(key, given, prepared.material, known)
    change.put_backing_key(material)
    if not known:
        key = replace(key, current_backing_key=material.backing_key_id, current_material_id=material.material_id)
    key = settle(key, change.backing_keys(key.region, key.key_id))
    change.put_key(key)
    before = [backing for backing in known if backing.backing_key_id == material.backing_key_id]
    run.forgotten += before
    if not before:
        run.echoes += synchronize(change, key)  # replicas take material that they know of, and no other
    return material_output(key, material)


def expire_overdue(run: Run, change: Change, key: Key) -> Key:
    """The key without the material that has expired and that nobody has erased yet."""
    for backing in change.backing_keys(key.region, key.key_id):
        if is_expired(backing, run.now):
            gone = expire_material(change, key, backing, run.now)
            key = gone.key
            run.echoes += gone.echoes
            run.forgotten.append(gone.backing_key)
    return key


def material_output(key: Key, backing: BackingKey) -> MaterialOutput:
    """What the operations on imported material answer."""
    is_symmetric = key.spec == SYMMETRIC_DEFAULT.name
    return MaterialOutput(key_id=key.arn, key_material_id=backing.material_id if is_symmetric else None)


def _placed(key: Key, given: ImportKeyMaterialInput, material: BackingKey, known: Sequence[BackingKey]) -> BackingKey:
    """The material as the key is to keep it: in the place that it had, or in a new one.

    Raises:
        ServiceError: IncorrectKeyMaterialException if it is not the material that was announced; the wording is ours.
    """
    if given.key_material_id not in (None, material.material_id):
        raise INCORRECT_KEY_MATERIAL(detail="The key material does not match the KeyMaterialId in the request.")
    same = next((backing for backing in known if backing.material_id == material.material_id), None)
    if (given.import_type or _default_type(known)) == ImportType.NEW:
        return _new(key, given, material, known, same)
    if same is None:
        raise INCORRECT_KEY_MATERIAL(detail="The key material was not previously imported into the KMS key.")
    # Without a new description the last one stays ("ImportKeyMaterial", KeyMaterialDescription).
    description = given.key_material_description or (same.imported.description if same.imported else None)
    imported = ImportedMaterial(valid_to=given.valid_to, description=description)
    return replace(same, wrapped=material.wrapped, imported=imported)


def _new(
    key: Key,
    given: ImportKeyMaterialInput,
    material: BackingKey,
    known: Sequence[BackingKey],
    same: BackingKey | None,
) -> BackingKey:
    """Material that the key has not seen: its first one is current at once, any other one awaits a rotation."""
    check_no_replica(key)  # it begins in the primary's Region ("ImportKeyMaterial", ImportType)
    if same is not None:
        raise INCORRECT_KEY_MATERIAL(detail="The key material is already associated with the KMS key.")
    if any(backing.awaits_rotation for backing in known):
        raise ROTATION_PENDING(arn=key.arn)  # "at most one" ("Import new key material")
    imported = ImportedMaterial(valid_to=given.valid_to, description=given.key_material_description)
    return replace(material, imported=imported, awaits_rotation=bool(known))


def _default_type(known: Sequence[BackingKey]) -> ImportType:
    """KMS API Reference, "ImportKeyMaterial", ImportType."""
    return ImportType.EXISTING if known else ImportType.NEW


def _offers(given: ImportKeyMaterialInput) -> SpelledValues:
    values = {"kms:ExpirationModel": given.expiration_model}
    return values if given.valid_to is None else {**values, "kms:ValidTo": str(int(given.valid_to))}


IMPORT_KEY_MATERIAL = Operation(
    name="ImportKeyMaterial",
    page="ImportKeyMaterial",
    input=ImportKeyMaterialInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:ImportKeyMaterial", given.key_id),
    check=check_import,
    prepare=unwrap_import,
    apply=import_key_material,
    states=StateRule.IMPORT,
    offers=_offers,
    redacted=frozenset({"ImportToken", "EncryptedKeyMaterial"}),
    recorded=request_parameters,
    read_only=False,
)
