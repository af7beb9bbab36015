"""Multi-Region keys with imported material: each Region has it from the customer, and knows what belongs to the set."""

from dataclasses import replace

import pytest

from keyservice.model.key import BackingKey, ImportedMaterial, Key, KeyState, Origin, RotationType
from keyservice.operations.multi_region import promote, share, synchronize
from keyservice.store.sqlite import SqliteStore
from tests.live import ACCOUNT, OTHER_REGION, REGION

PRIMARY = Key(
    account=ACCOUNT,
    region=REGION,
    key_id="mrk-1234abcd12ab34cd56ef1234567890ab",
    origin=Origin.EXTERNAL,
    multi_region=True,
    created=1.0,
    policy="{}",
    current_backing_key="one",
    current_material_id="m-one",
)
REPLICA = replace(PRIMARY, region=OTHER_REGION, primary_region=REGION, state=KeyState.PENDING_IMPORT)


def material(name, **more):
    given = {"imported": ImportedMaterial(valid_to=9.0, description="of this Region"), **more}
    return BackingKey(
        account=ACCOUNT,
        region=REGION,
        key_id=PRIMARY.key_id,
        backing_key_id=name,
        created=1.0,
        material_id=f"m-{name}",
        wrapped=b"sealed",
        **given,
    )


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "store.db", create=True)
    with opened.change() as change:
        change.put_key(PRIMARY)
        change.put_backing_key(material("one"))
        change.put_key(share(change, PRIMARY, replace(REPLICA, current_backing_key=None, current_material_id=None)))
    yield opened
    opened.close()


def there(store):
    return {one.backing_key_id: one for one in store.backing_keys(OTHER_REGION, PRIMARY.key_id)}


def bring(store, name, region=OTHER_REGION, **more):
    """Import a material in a Region."""
    with store.change() as change:
        change.put_backing_key(replace(material(name, **more), region=region))
        key = change.key(region, PRIMARY.key_id)
        if region == REGION:
            synchronize(change, key)


def test_a_replica_knows_of_the_material_and_has_it_not(store):
    known = there(store)["one"]
    assert (b"", ImportedMaterial(present=False), "m-one") == (known.wrapped, known.imported, known.material_id)
    replica = store.key(OTHER_REGION, PRIMARY.key_id)
    assert (KeyState.PENDING_IMPORT, "one") == (replica.state, replica.current_backing_key)


def test_what_was_brought_to_a_replica_is_its_own_and_stays(store):
    bring(store, "one", imported=ImportedMaterial(valid_to=50.0))
    own = there(store)["one"]
    with store.change() as change:
        synchronize(change, PRIMARY)
    assert own == there(store)["one"]
    replica = store.key(OTHER_REGION, PRIMARY.key_id)
    assert (KeyState.ENABLED, 50.0) == (replica.state, replica.expiry.valid_to)


def test_material_that_the_primary_got_is_awaited_and_becomes_current_everywhere_at_once(store):
    bring(store, "one")
    bring(store, "two", region=REGION, awaits_rotation=True)
    assert (True, False) == (there(store)["two"].awaits_rotation, there(store)["two"].imported.present)
    bring(store, "two", awaits_rotation=True)
    with store.change() as change:
        rotated = replace(material("two"), rotated=5.0, rotation_type=RotationType.ON_DEMAND)
        change.put_backing_key(rotated)
        primary = replace(PRIMARY, current_backing_key="two", current_material_id="m-two")
        change.put_key(primary)
        assert ["SynchronizeMultiRegionKey"] == [echo.operation for echo in synchronize(change, primary)]
    own = there(store)["two"]
    assert (False, 5.0, RotationType.ON_DEMAND) == (own.awaits_rotation, own.rotated, own.rotation_type)
    replica = store.key(OTHER_REGION, PRIMARY.key_id)
    assert (KeyState.ENABLED, "two", "m-two") == (
        replica.state,
        replica.current_backing_key,
        replica.current_material_id,
    )


def test_material_that_the_primary_gave_up_before_its_rotation_leaves_the_replicas_too(store):
    bring(store, "two", region=REGION, awaits_rotation=True)
    bring(store, "two", awaits_rotation=True)
    with store.change() as change:
        change.delete_backing_key(REGION, PRIMARY.key_id, "two")
        synchronize(change, PRIMARY)
    assert {"one"} == set(there(store))


@pytest.mark.parametrize("is_there", [True, False])
def test_a_new_primary_keeps_what_awaits_its_rotation_only_if_it_has_it(store, is_there):
    bring(store, "one")
    bring(store, "two", region=REGION, awaits_rotation=True)
    if is_there:
        bring(store, "two", awaits_rotation=True)
    with store.change() as change:
        echoes = promote(change, change.key(OTHER_REGION, PRIMARY.key_id))
    assert is_there == (not echoes)
    expected = {"one", "two"} if is_there else {"one"}
    for region in (REGION, OTHER_REGION):
        assert expected == {one.backing_key_id for one in store.backing_keys(region, PRIMARY.key_id)}
    assert [None, OTHER_REGION] == [store.key(at, PRIMARY.key_id).primary_region for at in (OTHER_REGION, REGION)]


def test_keys_of_one_region_have_nobody_to_synchronize(store):
    with store.change() as change:
        assert () == synchronize(change, replace(PRIMARY, key_id="alone"))
        assert () == synchronize(change, replace(PRIMARY, multi_region=False))
