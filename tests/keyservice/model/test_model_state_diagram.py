"""The table of states and transitions: README says what it says, and keys do what it says."""

import re
from pathlib import Path

import pytest

from keyservice.model.key import KeyState
from keyservice.model.state_diagram import COLUMNS, TRANSITIONS, printed
from keyservice.model.states import StateRule, refusal_in
from tests.live import OTHER_REGION

README = Path(__file__).parents[3] / "README.md"
BLOCK = re.compile(r"<!-- key states -->\n(.*?)\n<!-- end of key states -->", re.DOTALL)


def test_the_readmes_block_is_what_the_tables_in_code_say():
    """`python -m keyservice.model.state_diagram` prints what belongs between the two comments."""
    found = BLOCK.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert printed() == found[1]


def test_every_state_that_lasts_can_be_reached_and_left():
    assert {*COLUMNS, None} == {each.after for each in TRANSITIONS} == {each.before for each in TRANSITIONS}


def test_no_state_keeps_a_key_from_being_described():
    assert [] == [state for state in KeyState if refusal_in(StateRule.ALWAYS, state)]


def is_possible(before, after):
    return any((before, after) == (each.before, each.after) for each in TRANSITIONS)


pytestmark = pytest.mark.usefixtures("clock")


SCHEDULE = ("ScheduleKeyDeletion", {"PendingWindowInDays": 7})
# Lives of a key: calls, or days that pass; and the states that it is found in after each.
LIVES = {
    "disabled and enabled": ([("DisableKey", {}), ("EnableKey", {})], ["Disabled", "Enabled"]),
    "deleted": ([SCHEDULE, 7], ["PendingDeletion", None]),
    "deleted while disabled": ([("DisableKey", {}), SCHEDULE, 7], ["Disabled", "PendingDeletion", None]),
    "kept": ([SCHEDULE, ("CancelKeyDeletion", {})], ["PendingDeletion", "Disabled"]),
    "a primary that is deleted": (
        [("ReplicateKey", {"ReplicaRegion": OTHER_REGION}), SCHEDULE, "replica", 7, 7],
        ["Enabled", "PendingReplicaDeletion", "PendingReplicaDeletion", "PendingDeletion", None],
    ),
    "a primary that is kept": (
        [("ReplicateKey", {"ReplicaRegion": OTHER_REGION}), SCHEDULE, ("CancelKeyDeletion", {})],
        ["Enabled", "PendingReplicaDeletion", "Disabled"],
    ),
}


@pytest.mark.parametrize(("steps", "states"), LIVES.values(), ids=LIVES)
def test_a_key_goes_from_state_to_state_as_the_table_says(service, clock, steps, states):
    key = service.make_key(MultiRegion=True)["KeyId"]
    before = KeyState.ENABLED
    for step, state in zip(steps, states, strict=True):
        after = None if state is None else KeyState(state)
        take(service, clock, key, step)
        found = service.opened.store.key("us-east-1", key)
        assert after == (found.state if found else None)
        assert before == after or is_possible(before, after)
        before = after


def take(service, clock, key, step):
    match step:
        case int():
            clock.advance(step * 86_400)
            service.run_due()
        case "replica":
            service.call(SCHEDULE[0], {"KeyId": key, **SCHEDULE[1]}, region=OTHER_REGION)
        case operation, members:
            assert 200 == service.call(operation, {"KeyId": key, **members}).status
