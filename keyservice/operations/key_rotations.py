"""ListKeyRotations: the materials that a key has had, has, and is to have.

Source: KMS API Reference, "ListKeyRotations", "RotationsListEntry".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.model.imports import ExpirationModel, material_as_of
from keyservice.model.key import BackingKey, Key, Origin
from keyservice.model.rotations import material_state
from keyservice.model.states import StateRule
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId, Limit, Marker
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page
from keyservice.operations.rotate import check_rotates, related_material
from keyservice.operations.shapes import Choice

_ALL = "ALL_KEY_MATERIAL"
_ROTATIONS = "ROTATIONS_ONLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeyRotationsInput:
    """The parameters of ListKeyRotations."""

    key_id: KeyId
    include_key_material: Annotated[str, Choice((_ALL, _ROTATIONS))] = _ROTATIONS
    limit: Limit = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationsListEntry:
    """One material. What belongs to imported material is absent of any other; the first one has no rotation."""

    key_id: str
    key_material_id: str
    key_material_state: str
    key_material_description: str | None
    import_state: str | None
    expiration_model: str | None
    valid_to: float | None
    rotation_date: float | None
    rotation_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeyRotationsOutput:
    """A page of materials."""

    rotations: tuple[RotationsListEntry, ...]
    next_marker: str | None
    truncated: bool


def list_key_rotations(run: Run, given: ListKeyRotationsInput) -> ListKeyRotationsOutput:
    """List what rotations have made current, the earliest first; or every material of the key, in that order."""
    key = run.key
    every = [material_as_of(one, run.now) for one in run.ports.store.backing_keys(key.region, key.key_id)]
    # The order is not documented; that of AWS's example is by date.
    listed = sorted((one for one in every if given.include_key_material == _ALL or one.rotated), key=_order)
    numbered = [(f"{number:06}", backing) for number, backing in enumerate(listed)]

    def fetch(after: str | None, limit: int) -> list[tuple[str, BackingKey]]:
        return [entry for entry in numbered if entry[0] > (after or "")][:limit]

    paging = Paging(scope=f"rotations/{key.arn}/{given.include_key_material}", default=100, most=1000)
    page = read_page(run, paging, limit=given.limit, marker=given.marker, fetch=fetch, name=lambda entry: entry[0])
    elsewhere = related_material(run, key)
    return ListKeyRotationsOutput(
        rotations=tuple(_entry(key, backing, elsewhere) for _, backing in page.members),
        next_marker=page.next_marker,
        truncated=page.truncated,
    )


def _order(backing: BackingKey) -> tuple[int, float]:
    """First the material that came without rotation, at last the one that awaits its own."""
    if backing.awaits_rotation:
        return 2, backing.created
    return (0, backing.created) if backing.rotated is None else (1, backing.rotated)


def _entry(key: Key, backing: BackingKey, elsewhere: tuple[tuple[BackingKey, ...], ...]) -> RotationsListEntry:
    imported = backing.imported if key.origin is Origin.EXTERNAL else None
    present = imported if imported is not None and imported.present else None
    return RotationsListEntry(
        key_id=key.key_id,
        key_material_id=backing.material_id,
        key_material_state=material_state(key, backing, elsewhere),
        key_material_description=imported.description if imported else None,
        import_state=None if imported is None else "IMPORTED" if imported.present else "PENDING_IMPORT",
        # Material that is not there has none, as it is chosen anew with every import ("ImportKeyMaterial").
        expiration_model=ExpirationModel.of(present.valid_to) if present else None,
        valid_to=present.valid_to if present else None,
        rotation_date=backing.rotated,
        rotation_type=backing.rotation_type,
    )


LIST_KEY_ROTATIONS = Operation(
    name="ListKeyRotations",
    page="ListKeyRotations",
    input=ListKeyRotationsInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:ListKeyRotations", given.key_id),
    check=lambda run, _: check_rotates(run.key),
    answer=list_key_rotations,
    states=StateRule.LIST_ROTATIONS,
)
