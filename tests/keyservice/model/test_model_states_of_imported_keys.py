"""The column PendingImport of AWS's table of key states, and its rows about importing."""

from dataclasses import replace

import pytest

from keyservice.errors import (
    CREATING,
    NOT_PENDING_DELETION,
    PENDING_DELETION,
    PENDING_IMPORT,
    PENDING_REPLICA_DELETION,
    UPDATING,
)
from keyservice.model.key import Key, KeyState, Origin
from keyservice.model.states import StateRule, refuse_by_state

KEY = Key(account="111122223333", region="us-east-1", key_id="k", created=0.0, policy="{}", origin=Origin.EXTERNAL)
OK = None

PENDING_IMPORT_COLUMN = {
    StateRule.ALWAYS: OK,
    StateRule.CRYPTOGRAPHIC: PENDING_IMPORT,
    StateRule.PUBLIC_KEY: PENDING_IMPORT,
    StateRule.SWITCH: PENDING_IMPORT,
    StateRule.LABEL: OK,
    StateRule.GRANT: PENDING_IMPORT,
    StateRule.ROTATION_ON_DEMAND: PENDING_IMPORT,
    StateRule.LIST_ROTATIONS: OK,
    StateRule.SCHEDULE_DELETION: OK,
    StateRule.CANCEL_DELETION: NOT_PENDING_DELETION,
    StateRule.REPLICATE: PENDING_IMPORT,
    StateRule.UPDATE_PRIMARY: PENDING_IMPORT,
    StateRule.IMPORT_PARAMETERS: OK,
    StateRule.IMPORT: OK,
    StateRule.DELETE_IMPORTED: OK,
}
BY_ORIGIN = {StateRule.ROTATION, StateRule.ROTATION_STATUS}


def test_there_is_a_row_for_every_rule():
    assert set(StateRule) == {*PENDING_IMPORT_COLUMN, *BY_ORIGIN}


@pytest.mark.parametrize(("rule", "expected"), PENDING_IMPORT_COLUMN.items())
def test_a_key_that_is_pending_import_refuses_what_needs_material(rule, expected):
    refusal = refuse_by_state(rule, replace(KEY, state=KeyState.PENDING_IMPORT))
    assert (expected, expected and expected(arn=KEY.arn).message) == (
        refusal and refusal.kind,
        refusal and refusal.message,
    )


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("rule", sorted(BY_ORIGIN))
def test_automatic_rotation_is_not_for_imported_material_whatever_the_state(rule, state):
    refusal = refuse_by_state(rule, replace(KEY, state=state))
    text = f"{KEY.arn} origin is EXTERNAL which is not valid for this operation."
    assert ("UnsupportedOperationException", text) == (refusal.kind.code, refusal.message)


IMPORTING = {
    (StateRule.IMPORT_PARAMETERS, KeyState.PENDING_DELETION): PENDING_DELETION,
    (StateRule.IMPORT_PARAMETERS, KeyState.PENDING_REPLICA_DELETION): PENDING_REPLICA_DELETION,
    (StateRule.IMPORT_PARAMETERS, KeyState.CREATING): CREATING,
    (StateRule.IMPORT_PARAMETERS, KeyState.UPDATING): UPDATING,
    (StateRule.IMPORT, KeyState.PENDING_DELETION): PENDING_DELETION,
    (StateRule.IMPORT, KeyState.PENDING_REPLICA_DELETION): PENDING_REPLICA_DELETION,
    (StateRule.IMPORT, KeyState.CREATING): CREATING,
    (StateRule.DELETE_IMPORTED, KeyState.CREATING): CREATING,
    (StateRule.DELETE_IMPORTED, KeyState.UPDATING): UPDATING,
}
IMPORT_RULES = (StateRule.IMPORT_PARAMETERS, StateRule.IMPORT, StateRule.DELETE_IMPORTED)


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("rule", sorted(IMPORT_RULES))
def test_a_key_made_for_imports_takes_and_loses_material_in_every_other_state(rule, state):
    refusal = refuse_by_state(rule, replace(KEY, state=state))
    assert IMPORTING.get((rule, state)) is (refusal and refusal.kind)


@pytest.mark.parametrize("state", KeyState)
@pytest.mark.parametrize("rule", sorted(IMPORT_RULES))
@pytest.mark.parametrize("origin", [origin for origin in Origin if origin is not Origin.EXTERNAL])
def test_no_other_key_has_material_to_import_or_delete(rule, state, origin):
    refusal = refuse_by_state(rule, replace(KEY, state=state, origin=origin))
    text = f"{KEY.arn} origin is {origin} which is not valid for this operation."
    assert ("UnsupportedOperationException", text) == (refusal.kind.code, refusal.message)
