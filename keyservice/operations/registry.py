"""Every operation the service has, by service and name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from keyservice.operations.aliases import CREATE_ALIAS, LIST_ALIASES
from keyservice.operations.data import DECRYPT, ENCRYPT, GENERATE_DATA_KEY
from keyservice.operations.deletion import CANCEL_KEY_DELETION, SCHEDULE_KEY_DELETION
from keyservice.operations.key_policy import GET_KEY_POLICY, PUT_KEY_POLICY
from keyservice.operations.keys import CREATE_KEY, DESCRIBE_KEY, DISABLE_KEY, ENABLE_KEY, LIST_KEYS
from keyservice.operations.operation import Operation
from keyservice.operations.rotation import DISABLE_KEY_ROTATION, ENABLE_KEY_ROTATION, GET_KEY_ROTATION_STATUS
from keyservice.operations.sts import ASSUME_ROLE, GET_CALLER_IDENTITY

_ROWS: tuple[Operation[Any, Any], ...] = (
    CREATE_KEY,
    DESCRIBE_KEY,
    LIST_KEYS,
    ENABLE_KEY,
    DISABLE_KEY,
    CREATE_ALIAS,
    LIST_ALIASES,
    PUT_KEY_POLICY,
    GET_KEY_POLICY,
    ENCRYPT,
    DECRYPT,
    GENERATE_DATA_KEY,
    ENABLE_KEY_ROTATION,
    DISABLE_KEY_ROTATION,
    GET_KEY_ROTATION_STATUS,
    SCHEDULE_KEY_DELETION,
    CANCEL_KEY_DELETION,
    ASSUME_ROLE,
    GET_CALLER_IDENTITY,
)

OPERATIONS: Mapping[tuple[str, str], Operation[Any, Any]] = MappingProxyType(
    {(row.service, row.name): row for row in _ROWS}
)
