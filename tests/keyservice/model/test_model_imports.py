"""What follows from which imported materials are there."""

from dataclasses import replace

import pytest

from keyservice.model.imports import ExpirationModel, as_of, erased, is_expired, material_as_of, next_expiry, settle
from keyservice.model.key import BackingKey, ImportedExpiry, ImportedMaterial, Key, KeyState, Origin

KEY = Key(
    account="111122223333",
    region="us-east-1",
    key_id="k",
    created=0.0,
    policy="{}",
    origin=Origin.EXTERNAL,
    state=KeyState.PENDING_IMPORT,
)


def material(*, valid_to: float | None = None, present: bool = True, awaits: bool = False) -> BackingKey:
    return BackingKey(
        account="111122223333",
        region="us-east-1",
        key_id="k",
        backing_key_id="b",
        created=0.0,
        material_id="00",
        wrapped=b"sealed",
        awaits_rotation=awaits,
        imported=ImportedMaterial(present=present, valid_to=valid_to, description="d"),
    )


def in_state(state: KeyState) -> Key:
    return replace(KEY, state=state)


THERE, GONE, AWAITS = material(), material(present=False), material(awaits=True)
FOLLOWS = [
    (KeyState.PENDING_IMPORT, [], KeyState.PENDING_IMPORT),
    (KeyState.PENDING_IMPORT, [THERE], KeyState.ENABLED),
    (KeyState.PENDING_IMPORT, [THERE, THERE], KeyState.ENABLED),
    (KeyState.PENDING_IMPORT, [THERE, GONE], KeyState.PENDING_IMPORT),
    (KeyState.PENDING_IMPORT, [AWAITS], KeyState.PENDING_IMPORT),
    (KeyState.ENABLED, [THERE, AWAITS], KeyState.ENABLED),
    (KeyState.ENABLED, [THERE, replace(GONE, awaits_rotation=True)], KeyState.ENABLED),
    (KeyState.ENABLED, [THERE, GONE], KeyState.PENDING_IMPORT),
    (KeyState.DISABLED, [THERE], KeyState.DISABLED),
    (KeyState.DISABLED, [GONE], KeyState.PENDING_IMPORT),
    (KeyState.PENDING_DELETION, [THERE], KeyState.PENDING_DELETION),
    (KeyState.PENDING_DELETION, [GONE], KeyState.PENDING_DELETION),
    (KeyState.PENDING_REPLICA_DELETION, [GONE], KeyState.PENDING_REPLICA_DELETION),
]


@pytest.mark.parametrize(("state", "materials", "expected"), FOLLOWS)
def test_a_key_is_usable_only_while_all_material_that_belongs_to_it_is_there(state, materials, expected):
    assert expected == settle(in_state(state), materials).state


@pytest.mark.parametrize(
    ("materials", "expected"),
    [
        ([], None),
        ([GONE], None),
        ([THERE], ImportedExpiry()),
        ([material(valid_to=9.0), THERE], ImportedExpiry(valid_to=9.0, next_due=9.0)),
        ([material(valid_to=9.0), material(valid_to=7.0)], ImportedExpiry(valid_to=7.0, next_due=7.0)),
        ([material(valid_to=9.0), material(valid_to=7.0, awaits=True)], ImportedExpiry(valid_to=9.0, next_due=7.0)),
        ([THERE, material(valid_to=7.0, awaits=True)], ImportedExpiry(valid_to=None, next_due=7.0)),
        ([material(valid_to=9.0), material(valid_to=7.0, present=False)], ImportedExpiry(valid_to=9.0, next_due=9.0)),
    ],
)
def test_a_key_expires_with_the_first_material_that_belongs_to_it_and_is_there(materials, expected):
    settled = settle(KEY, materials)
    assert expected == settled.expiry
    assert next_expiry(settled) == (expected.next_due if expected else None)


@pytest.mark.parametrize(("now", "state"), [(8.9, "Enabled"), (9.0, "PendingImport"), (9.1, "PendingImport")])
def test_a_key_is_pending_import_from_the_moment_its_material_expires(now, state):
    assert state == as_of(settle(KEY, [material(valid_to=9.0)]), now).state


@pytest.mark.parametrize("state", [KeyState.PENDING_DELETION, KeyState.UPDATING, KeyState.PENDING_IMPORT])
def test_states_with_other_reasons_stay_when_material_expires(state):
    assert state is as_of(settle(in_state(state), [material(valid_to=9.0), GONE]), 10.0).state


def test_a_key_without_expiry_is_always_as_it_is():
    for key in (KEY, settle(KEY, [THERE]), settle(KEY, [THERE, material(valid_to=1.0, awaits=True)])):
        assert key is as_of(key, 1e12)


def test_only_material_that_is_there_expires():
    expiring = material(valid_to=9.0)
    assert [False, True, True] == [is_expired(expiring, now) for now in (8.9, 9.0, 9.1)]
    others = [THERE, material(valid_to=9.0, present=False), replace(THERE, imported=None)]
    assert [False] * 3 == [is_expired(other, 1e12) for other in others]


def test_a_backing_key_is_as_good_as_erased_from_the_moment_its_material_expires():
    expiring = material(valid_to=9.0)
    assert expiring is material_as_of(expiring, 8.9)
    assert erased(expiring) == material_as_of(expiring, 9.0)


@pytest.mark.parametrize(
    ("valid_to", "expected"), [(None, "KEY_MATERIAL_DOES_NOT_EXPIRE"), (0.5, "KEY_MATERIAL_EXPIRES")]
)
def test_the_expiration_model_follows_from_the_date(valid_to, expected):
    assert expected == ExpirationModel.of(valid_to)


def test_what_is_erased_keeps_its_names_and_nothing_else():
    gone = erased(material(valid_to=9.0))
    assert (b"", ImportedMaterial(present=False, valid_to=None, description="d")) == (gone.wrapped, gone.imported)
    assert "00" == gone.material_id
