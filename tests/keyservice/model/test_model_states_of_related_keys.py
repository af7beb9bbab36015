"""What the states of multi-Region keys alone let through: the columns Creating, Updating, Pending replica deletion.

Source: KMS Developer Guide, "Key states of AWS KMS keys".
"""

import pytest

from keyservice.model.key import KeyState
from keyservice.model.states import StateRule, permits

RULE = StateRule
REFUSED = {
    KeyState.CREATING: {
        *(RULE.CRYPTOGRAPHIC, RULE.PUBLIC_KEY, RULE.SWITCH, RULE.GRANT, RULE.ROTATION, RULE.CANCEL_DELETION),
        *(RULE.REPLICATE, RULE.UPDATE_PRIMARY),
    },
    KeyState.UPDATING: {RULE.SWITCH, RULE.SCHEDULE_DELETION, RULE.CANCEL_DELETION, RULE.REPLICATE},
    KeyState.PENDING_REPLICA_DELETION: {
        *(RULE.CRYPTOGRAPHIC, RULE.PUBLIC_KEY, RULE.SWITCH, RULE.LABEL, RULE.GRANT, RULE.ROTATION),
        *(RULE.SCHEDULE_DELETION, RULE.REPLICATE, RULE.UPDATE_PRIMARY),
    },
}
ROWS = [
    *(RULE.ALWAYS, RULE.CRYPTOGRAPHIC, RULE.PUBLIC_KEY, RULE.SWITCH, RULE.LABEL, RULE.GRANT, RULE.ROTATION),
    *(RULE.ROTATION_STATUS, RULE.SCHEDULE_DELETION, RULE.CANCEL_DELETION, RULE.REPLICATE, RULE.UPDATE_PRIMARY),
]


@pytest.mark.parametrize("rule", ROWS)
@pytest.mark.parametrize("state", REFUSED)
def test_a_state_refuses_what_awss_table_says(state, rule):
    assert (rule not in REFUSED[state]) == permits(rule, state)
