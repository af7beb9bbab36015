"""DeleteImportedKeyMaterial: the key cannot be used until the same material is imported again.

Source: KMS API Reference, "DeleteImportedKeyMaterial"; KMS Developer Guide, "Delete imported key material".
"""

from dataclasses import dataclass

from keyservice.audit.redaction import request_parameters
from keyservice.errors import KEY_MATERIAL_NOT_FOUND
from keyservice.model.key import BackingKey
from keyservice.model.states import StateRule
from keyservice.operations.import_expiry import erase_material
from keyservice.operations.import_material import KeyMaterialId, MaterialOutput, expire_overdue, material_output
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteImportedKeyMaterialInput:
    """The parameters of DeleteImportedKeyMaterial. Without an id it is the current material that goes."""

    key_id: KeyId
    key_material_id: KeyMaterialId = None


def delete_imported_key_material(run: Run, change: Change, given: DeleteImportedKeyMaterialInput) -> MaterialOutput:
    """Erase imported material. If it is gone already, or never came, this has no effect ("Key states …")."""
    key = expire_overdue(run, change, run.key)
    backing = _named(change, key.region, key.key_id, given.key_material_id or key.current_material_id)
    if backing is None:
        if given.key_material_id is not None:
            raise KEY_MATERIAL_NOT_FOUND(material_id=given.key_material_id, arn=key.arn)
        return MaterialOutput(key_id=key.arn, key_material_id=None)
    if backing.imported is not None and backing.imported.present:
        gone = erase_material(change, key, backing)
        run.echoes += gone.echoes
        run.forgotten.append(gone.backing_key)
    return material_output(key, backing)


def _named(change: Change, region: str, key_id: str, material_id: str | None) -> BackingKey | None:
    every = change.backing_keys(region, key_id)
    return next((backing for backing in every if backing.material_id == material_id), None)


DELETE_IMPORTED_KEY_MATERIAL = Operation(
    name="DeleteImportedKeyMaterial",
    page="DeleteImportedKeyMaterial",
    input=DeleteImportedKeyMaterialInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:DeleteImportedKeyMaterial", given.key_id),
    apply=delete_imported_key_material,
    states=StateRule.DELETE_IMPORTED,
    recorded=request_parameters,
    read_only=False,
)
