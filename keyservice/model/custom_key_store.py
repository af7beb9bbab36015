"""Custom key stores: places outside the service that hold the material of KMS keys, as values.

Source: KMS API Reference, "CustomKeyStoresListEntry"; KMS Developer Guide, "AWS CloudHSM key stores".
"""

from dataclasses import dataclass, field
from enum import StrEnum


class CustomKeyStoreType(StrEnum):
    """What is behind a custom key store."""

    AWS_CLOUDHSM = "AWS_CLOUDHSM"
    EXTERNAL_KEY_STORE = "EXTERNAL_KEY_STORE"


class ConnectionState(StrEnum):
    """Whether a custom key store is connected to what is behind it."""

    CONNECTED = "CONNECTED"
    CONNECTING = "CONNECTING"
    FAILED = "FAILED"
    DISCONNECTED = "DISCONNECTED"
    DISCONNECTING = "DISCONNECTING"


class ConnectionErrorCode(StrEnum):
    """Why a connection failed; of AWS's codes those that a PKCS#11 token can have."""

    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    CLUSTER_NOT_FOUND = "CLUSTER_NOT_FOUND"
    NETWORK_ERRORS = "NETWORK_ERRORS"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    USER_LOCKED_OUT = "USER_LOCKED_OUT"
    USER_NOT_FOUND = "USER_NOT_FOUND"
    USER_LOGGED_IN = "USER_LOGGED_IN"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomKeyStore:
    """A custom key store. `sealed_password` opens under the domain key, for this store alone.

    `state` is what the API's operations made of it: an HSM that vanishes does not change it ("DescribeCustomKeyStores":
    a store is CONNECTED unless it was never connected, was disconnected, or failed to connect). `connected` is when
    ConnectCustomKeyStore was last called, in epoch seconds: so that every process knows that it was.
    """

    account: str
    region: str
    custom_key_store_id: str
    name: str
    type: CustomKeyStoreType = CustomKeyStoreType.AWS_CLOUDHSM
    cluster_id: str
    trust_anchor_certificate: str
    sealed_password: bytes = field(repr=False)
    state: ConnectionState = ConnectionState.DISCONNECTED
    error_code: ConnectionErrorCode | None = None
    created: float
    connected: float | None = None

    @property
    def is_connected(self) -> bool:
        """Whether its keys may be used."""
        return self.state is ConnectionState.CONNECTED
