"""Laws of what the service does by itself: never early, never twice for one due date, and nothing is forgotten."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from keyservice.model.imports import settle
from keyservice.model.key import BackingKey, ImportedExpiry, ImportedMaterial, Key, KeyState, Origin, Rotation
from keyservice.model.schedule import DAY, Duty, after_rotation, deletion_due, due_at, is_due, rotation_due

MOMENTS = st.floats(min_value=0, max_value=4e9).map(round).map(float)
PERIODS = st.integers(90, 2560)
DELAYS = st.lists(st.floats(min_value=0, max_value=4000 * DAY).map(round).map(float), min_size=1, max_size=30)
KEY = Key(account="111122223333", region="us-east-1", key_id="k", created=0.0, policy="{}")


def rotation_of(period, since):
    return Rotation(period_days=period, since=since, next_due=since + period * DAY)


@st.composite
def keys(draw):
    """Keys in any state, with anything that may be due for them."""
    return replace(
        KEY,
        state=draw(st.sampled_from(KeyState)),
        primary_region=draw(st.sampled_from([None, None, "eu-west-1"])),
        rotation=draw(st.none() | st.builds(rotation_of, PERIODS, MOMENTS)),
        deletion_date=draw(st.none() | MOMENTS),
        expiry=draw(st.none() | st.builds(ImportedExpiry, valid_to=st.none() | MOMENTS, next_due=st.none() | MOMENTS)),
    )


@given(keys(), st.sampled_from(Duty), MOMENTS)
def test_nothing_is_done_before_its_time_and_everything_at_it(key, duty, now):
    moment = due_at(duty, key)
    assert is_due(duty, key, now) == (moment is not None and now >= moment)


@given(keys(), st.sampled_from(Duty), MOMENTS, MOMENTS)
def test_what_is_due_stays_due_until_it_is_done(key, duty, now, later):
    assert is_due(duty, key, max(now, later)) or not is_due(duty, key, now)


@given(keys())
def test_only_enabled_keys_rotate_and_only_those_pending_deletion_are_deleted(key):
    if rotation_due(key) is not None:
        assert (KeyState.ENABLED, None) == (key.state, key.primary_region)
    if deletion_due(key) is not None:
        assert KeyState.PENDING_DELETION is key.state


@given(PERIODS, MOMENTS, st.floats(min_value=0, max_value=1e9).map(round).map(float))
def test_a_rotation_is_due_once_for_its_date_however_late_it_was(period, due, late):
    rotation = rotation_of(period, due - period * DAY)
    now = due + late
    after = after_rotation(rotation, now)
    assert not is_due(Duty.ROTATION, replace(KEY, rotation=after), now)
    assert after.next_due > now
    assert (rotation.period_days, rotation.since) == (after.period_days, after.since)


@given(PERIODS, MOMENTS, st.floats(min_value=0, max_value=1e9).map(round).map(float))
def test_the_next_rotation_is_a_period_from_the_due_date_or_if_that_was_missed_from_the_rotation(period, due, late):
    rotation = rotation_of(period, due - period * DAY)
    begins = due + late if late >= DAY else due
    assert begins + period * DAY == after_rotation(rotation, due + late).next_due


@given(PERIODS, MOMENTS, DELAYS)
def test_looked_at_at_any_moments_a_key_rotates_at_each_once_at_most_and_never_more_often_than_its_period(
    period, since, delays
):
    rotation = rotation_of(period, since)
    now, rotated = since, []
    for delay in delays:
        now += delay
        looks = 0
        while is_due(Duty.ROTATION, replace(KEY, rotation=rotation), now):
            rotation = after_rotation(rotation, now)
            looks += 1
        assert looks <= 1
        rotated += [now] * looks
    assert len(rotated) <= (now - since) / (period * DAY)
    distances = [later - earlier for earlier, later in pairwise(rotated)]
    assert all(distance > (period - 1) * DAY for distance in distances)
    # Whoever looks now finds nothing overdue.
    assert rotation.next_due > now


@given(st.lists(st.tuples(st.booleans(), st.none() | MOMENTS, st.booleans()), max_size=6))
def test_imported_material_is_due_to_expire_when_the_first_of_it_does(materials):
    backing_keys = [
        BackingKey(
            account=KEY.account,
            region=KEY.region,
            key_id=KEY.key_id,
            backing_key_id=str(number),
            created=0.0,
            material_id=str(number),
            wrapped=b"x",
            awaits_rotation=awaits,
            imported=ImportedMaterial(present=present, valid_to=valid_to),
        )
        for number, (present, valid_to, awaits) in enumerate(materials)
    ]
    key = settle(replace(KEY, origin=Origin.EXTERNAL, state=KeyState.PENDING_IMPORT), backing_keys)
    moments = [valid_to for present, valid_to, _ in materials if present and valid_to is not None]
    assert min(moments, default=None) == due_at(Duty.IMPORT_EXPIRY, key)
