"""Key states and what each lets through: one table, walked by one function.

Source: KMS Developer Guide, "Key states of AWS KMS keys" (the table of operations against states).
"""

from collections.abc import Mapping
from enum import StrEnum

from keyservice.errors import (
    CREATING,
    DISABLED,
    NOT_PENDING_DELETION,
    PENDING_DELETION,
    PENDING_IMPORT,
    PENDING_REPLICA_DELETION,
    UNAVAILABLE,
    UNSUPPORTED_OPERATION,
    UPDATING,
    ErrorKind,
    ServiceError,
)
from keyservice.model.key import Key, KeyState, Origin


class StateRule(StrEnum):
    """A row of AWS's table: operations that behave alike in every key state."""

    ALWAYS = "always"
    CRYPTOGRAPHIC = "cryptographic"
    PUBLIC_KEY = "public key"
    SWITCH = "enable or disable"
    LABEL = "alias, tag or description"
    GRANT = "create grant"
    ROTATION = "rotation"
    ROTATION_STATUS = "rotation status"
    ROTATION_ON_DEMAND = "rotation on demand"
    LIST_ROTATIONS = "list rotations"
    SCHEDULE_DELETION = "schedule deletion"
    CANCEL_DELETION = "cancel deletion"
    REPLICATE = "replicate"
    UPDATE_PRIMARY = "update primary Region"
    IMPORT_PARAMETERS = "import parameters"
    IMPORT = "import"
    DELETE_IMPORTED = "delete imported material"


_S = KeyState
_GONE = {_S.PENDING_DELETION: PENDING_DELETION, _S.PENDING_REPLICA_DELETION: PENDING_REPLICA_DELETION}

# Keys in a custom key store may be unavailable besides: the rows say what that means.
_NOT_ENABLED = {**_GONE, _S.DISABLED: DISABLED, _S.PENDING_IMPORT: PENDING_IMPORT, _S.CREATING: CREATING}

_REFUSALS: Mapping[StateRule, Mapping[KeyState, ErrorKind]] = {
    StateRule.ALWAYS: {},
    StateRule.CRYPTOGRAPHIC: {**_NOT_ENABLED, _S.UNAVAILABLE: UNAVAILABLE},
    # Unlike AWS's table, where a disabled key refuses: real answers show that it gives its public key.
    StateRule.PUBLIC_KEY: {
        **_GONE,
        _S.PENDING_IMPORT: PENDING_IMPORT,
        _S.UNAVAILABLE: UNAVAILABLE,
        _S.CREATING: CREATING,
    },
    StateRule.SWITCH: {**_GONE, _S.PENDING_IMPORT: PENDING_IMPORT, _S.CREATING: CREATING, _S.UPDATING: UPDATING},
    StateRule.LABEL: _GONE,
    StateRule.GRANT: _NOT_ENABLED,
    StateRule.ROTATION: {**_GONE, _S.DISABLED: DISABLED, _S.CREATING: CREATING},
    StateRule.ROTATION_STATUS: {},
    StateRule.ROTATION_ON_DEMAND: {**_NOT_ENABLED, _S.UNAVAILABLE: UNAVAILABLE, _S.UPDATING: UPDATING},
    StateRule.LIST_ROTATIONS: {},
    StateRule.SCHEDULE_DELETION: {**_GONE, _S.UPDATING: UPDATING},
    StateRule.CANCEL_DELETION: {
        state: NOT_PENDING_DELETION
        for state in KeyState
        if state not in (_S.PENDING_DELETION, _S.PENDING_REPLICA_DELETION)
    },
    StateRule.REPLICATE: {**_NOT_ENABLED, _S.UPDATING: UPDATING},
    StateRule.UPDATE_PRIMARY: _NOT_ENABLED,
    StateRule.IMPORT_PARAMETERS: {**_GONE, _S.CREATING: CREATING, _S.UPDATING: UPDATING},
    StateRule.IMPORT: {**_GONE, _S.CREATING: CREATING},
    StateRule.DELETE_IMPORTED: {_S.CREATING: CREATING, _S.UPDATING: UPDATING},
}

_OWN = frozenset({Origin.AWS_KMS})
_IMPORTED = frozenset({Origin.EXTERNAL})
_OWN_OR_IMPORTED = _OWN | _IMPORTED

# Whose material rotates: by schedule what AWS KMS has made, on demand what was imported too ("RotateKeyOnDemand").
# Whose is imported: that of keys made for it, and of no other.
_BY_ORIGIN: Mapping[StateRule, frozenset[Origin]] = {
    StateRule.ROTATION: _OWN,
    StateRule.ROTATION_STATUS: _OWN,
    StateRule.ROTATION_ON_DEMAND: _OWN_OR_IMPORTED,
    StateRule.LIST_ROTATIONS: _OWN_OR_IMPORTED,
    StateRule.IMPORT_PARAMETERS: _IMPORTED,
    StateRule.IMPORT: _IMPORTED,
    StateRule.DELETE_IMPORTED: _IMPORTED,
}


def refuse_by_state(rule: StateRule, key: Key) -> ServiceError | None:
    """The error that AWS answers for an operation of this row on a key in its state; None if the operation may go on.

    Rotation and import are unsupported for keys whose origin rules them out, whatever their state.
    """
    if key.origin not in _BY_ORIGIN.get(rule, (key.origin,)):
        return UNSUPPORTED_OPERATION(detail=f"{key.arn} origin is {key.origin} which is not valid for this operation.")
    refusal = _REFUSALS[rule].get(key.state)
    return refusal(arn=key.arn) if refusal else None


def refusal_in(rule: StateRule, state: KeyState) -> ErrorKind | None:
    """What the row answers in a state; None if it lets operations through. README's table is printed from it."""
    return _REFUSALS[rule].get(state)


def permits(rule: StateRule, state: KeyState) -> bool:
    """Whether the row lets operations through in a state."""
    return refusal_in(rule, state) is None
