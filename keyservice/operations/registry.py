"""Every operation the service has, by service and name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from keyservice.operations.agreement import DECAPSULATE, DERIVE_SHARED_SECRET, ENCAPSULATE
from keyservice.operations.aliases import CREATE_ALIAS, DELETE_ALIAS, LIST_ALIASES, UPDATE_ALIAS
from keyservice.operations.analyzer_checks import CHECK_ACCESS_NOT_GRANTED, CHECK_NO_PUBLIC_ACCESS
from keyservice.operations.analyzer_validation import VALIDATE_POLICY
from keyservice.operations.create_key import CREATE_KEY
from keyservice.operations.custom_key_store_connection import CONNECT_CUSTOM_KEY_STORE, DISCONNECT_CUSTOM_KEY_STORE
from keyservice.operations.custom_key_store_lists import DESCRIBE_CUSTOM_KEY_STORES
from keyservice.operations.custom_key_stores import (
    CREATE_CUSTOM_KEY_STORE,
    DELETE_CUSTOM_KEY_STORE,
    UPDATE_CUSTOM_KEY_STORE,
)
from keyservice.operations.data import DECRYPT, ENCRYPT
from keyservice.operations.data_key_pairs import GENERATE_DATA_KEY_PAIR, GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT
from keyservice.operations.data_keys import GENERATE_DATA_KEY, GENERATE_DATA_KEY_WITHOUT_PLAINTEXT
from keyservice.operations.deletion import CANCEL_KEY_DELETION, SCHEDULE_KEY_DELETION
from keyservice.operations.forward_access import CREATE_FORWARD_ACCESS_SESSION
from keyservice.operations.generate_random import GENERATE_RANDOM
from keyservice.operations.grant_lists import LIST_GRANTS, LIST_RETIRABLE_GRANTS
from keyservice.operations.grants import CREATE_GRANT, RETIRE_GRANT, REVOKE_GRANT
from keyservice.operations.iam_context_keys import (
    GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY,
    GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY,
)
from keyservice.operations.iam_simulation import SIMULATE_CUSTOM_POLICY, SIMULATE_PRINCIPAL_POLICY
from keyservice.operations.import_deletion import DELETE_IMPORTED_KEY_MATERIAL
from keyservice.operations.import_material import IMPORT_KEY_MATERIAL
from keyservice.operations.import_parameters import GET_PARAMETERS_FOR_IMPORT
from keyservice.operations.key_policy import GET_KEY_POLICY, LIST_KEY_POLICIES, PUT_KEY_POLICY
from keyservice.operations.key_rotations import LIST_KEY_ROTATIONS
from keyservice.operations.keys import (
    DESCRIBE_KEY,
    DISABLE_KEY,
    ENABLE_KEY,
    LIST_KEYS,
    UPDATE_KEY_DESCRIPTION,
)
from keyservice.operations.last_usage import GET_KEY_LAST_USAGE
from keyservice.operations.mac import GENERATE_MAC, VERIFY_MAC
from keyservice.operations.operation import Operation
from keyservice.operations.primary_region import UPDATE_PRIMARY_REGION
from keyservice.operations.reencrypt import RE_ENCRYPT
from keyservice.operations.replicate_key import REPLICATE_KEY
from keyservice.operations.rotate import ROTATE_KEY_ON_DEMAND
from keyservice.operations.rotation import DISABLE_KEY_ROTATION, ENABLE_KEY_ROTATION, GET_KEY_ROTATION_STATUS
from keyservice.operations.signing import GET_PUBLIC_KEY, SIGN, VERIFY
from keyservice.operations.sts import ASSUME_ROLE, GET_CALLER_IDENTITY
from keyservice.operations.sts_decode import DECODE_AUTHORIZATION_MESSAGE
from keyservice.operations.sts_session_token import GET_SESSION_TOKEN
from keyservice.operations.sts_web_identity import ASSUME_ROLE_WITH_WEB_IDENTITY
from keyservice.operations.tags import LIST_RESOURCE_TAGS, TAG_RESOURCE, UNTAG_RESOURCE

_ROWS: tuple[Operation[Any, Any], ...] = (
    CREATE_KEY,
    DESCRIBE_KEY,
    LIST_KEYS,
    ENABLE_KEY,
    DISABLE_KEY,
    UPDATE_KEY_DESCRIPTION,
    GET_KEY_LAST_USAGE,
    TAG_RESOURCE,
    UNTAG_RESOURCE,
    LIST_RESOURCE_TAGS,
    CREATE_ALIAS,
    UPDATE_ALIAS,
    DELETE_ALIAS,
    LIST_ALIASES,
    PUT_KEY_POLICY,
    GET_KEY_POLICY,
    LIST_KEY_POLICIES,
    CREATE_GRANT,
    LIST_GRANTS,
    LIST_RETIRABLE_GRANTS,
    REVOKE_GRANT,
    RETIRE_GRANT,
    ENCRYPT,
    DECRYPT,
    RE_ENCRYPT,
    GENERATE_DATA_KEY,
    GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
    GENERATE_DATA_KEY_PAIR,
    GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT,
    GENERATE_RANDOM,
    CREATE_CUSTOM_KEY_STORE,
    DESCRIBE_CUSTOM_KEY_STORES,
    UPDATE_CUSTOM_KEY_STORE,
    DELETE_CUSTOM_KEY_STORE,
    CONNECT_CUSTOM_KEY_STORE,
    DISCONNECT_CUSTOM_KEY_STORE,
    SIGN,
    VERIFY,
    GET_PUBLIC_KEY,
    GENERATE_MAC,
    VERIFY_MAC,
    DERIVE_SHARED_SECRET,
    ENCAPSULATE,
    DECAPSULATE,
    GET_PARAMETERS_FOR_IMPORT,
    IMPORT_KEY_MATERIAL,
    DELETE_IMPORTED_KEY_MATERIAL,
    ENABLE_KEY_ROTATION,
    DISABLE_KEY_ROTATION,
    GET_KEY_ROTATION_STATUS,
    ROTATE_KEY_ON_DEMAND,
    LIST_KEY_ROTATIONS,
    REPLICATE_KEY,
    UPDATE_PRIMARY_REGION,
    SCHEDULE_KEY_DELETION,
    CANCEL_KEY_DELETION,
    ASSUME_ROLE,
    ASSUME_ROLE_WITH_WEB_IDENTITY,
    GET_SESSION_TOKEN,
    DECODE_AUTHORIZATION_MESSAGE,
    GET_CALLER_IDENTITY,
    SIMULATE_CUSTOM_POLICY,
    SIMULATE_PRINCIPAL_POLICY,
    GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY,
    GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY,
    VALIDATE_POLICY,
    CHECK_ACCESS_NOT_GRANTED,
    CHECK_NO_PUBLIC_ACCESS,
    CREATE_FORWARD_ACCESS_SESSION,
)

OPERATIONS: Mapping[tuple[str, str], Operation[Any, Any]] = MappingProxyType(
    {(row.service, row.name): row for row in _ROWS}
)
