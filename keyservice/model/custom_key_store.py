"""Custom key stores: places outside the service that hold the material of KMS keys, as values.

Source: KMS API Reference, "CustomKeyStoresListEntry", "XksProxyConfigurationType"; KMS Developer Guide, "AWS CloudHSM
key stores", "External key stores".
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
    """Why a connection failed; of AWS's codes those that a PKCS#11 token or an external key store proxy can have."""

    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    CLUSTER_NOT_FOUND = "CLUSTER_NOT_FOUND"
    NETWORK_ERRORS = "NETWORK_ERRORS"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    USER_LOCKED_OUT = "USER_LOCKED_OUT"
    USER_NOT_FOUND = "USER_NOT_FOUND"
    USER_LOGGED_IN = "USER_LOGGED_IN"
    XKS_PROXY_ACCESS_DENIED = "XKS_PROXY_ACCESS_DENIED"
    XKS_PROXY_INVALID_CONFIGURATION = "XKS_PROXY_INVALID_CONFIGURATION"
    XKS_PROXY_INVALID_RESPONSE = "XKS_PROXY_INVALID_RESPONSE"
    XKS_PROXY_INVALID_TLS_CONFIGURATION = "XKS_PROXY_INVALID_TLS_CONFIGURATION"
    XKS_PROXY_NOT_REACHABLE = "XKS_PROXY_NOT_REACHABLE"
    XKS_PROXY_TIMED_OUT = "XKS_PROXY_TIMED_OUT"
    XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION = "XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION"
    XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND = "XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND"


class XksProxyConnectivity(StrEnum):
    """How an external key store proxy is reached."""

    PUBLIC_ENDPOINT = "PUBLIC_ENDPOINT"
    VPC_ENDPOINT_SERVICE = "VPC_ENDPOINT_SERVICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class XksProxy:
    """The proxy of an external key store: `endpoint` is `https://HOST`, `path` ends in `/kms/xks/v1`."""

    connectivity: XksProxyConnectivity
    endpoint: str
    path: str
    access_key_id: str
    vpc_endpoint_service_name: str | None = None
    vpc_endpoint_service_owner: str | None = None

    @property
    def host(self) -> str:
        """The endpoint's host; names of hosts have no case (RFC 4343)."""
        return self.endpoint.removeprefix("https://").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomKeyStore:
    """A custom key store. `sealed_password` opens under the domain key, for this store alone.

    One on an HSM has `cluster_id` and `trust_anchor_certificate`; an external one has `proxy`, and what is sealed is
    the secret access key that requests to it are signed with.
    `state` is what the API's operations made of it: an HSM that vanishes does not change it ("DescribeCustomKeyStores":
    a store is CONNECTED unless it was never connected, was disconnected, or failed to connect). `connected` is when
    ConnectCustomKeyStore was last called, in epoch seconds: so that every process knows that it was.
    """

    account: str
    region: str
    custom_key_store_id: str
    name: str
    type: CustomKeyStoreType = CustomKeyStoreType.AWS_CLOUDHSM
    cluster_id: str | None = None
    trust_anchor_certificate: str | None = None
    proxy: XksProxy | None = None
    sealed_password: bytes = field(repr=False)
    state: ConnectionState = ConnectionState.DISCONNECTED
    error_code: ConnectionErrorCode | None = None
    created: float
    connected: float | None = None

    @property
    def cluster(self) -> str:
        """The id of its cluster; empty, which is that of none, if it is on no HSM."""
        return self.cluster_id or ""

    @property
    def is_connected(self) -> bool:
        """Whether its keys may be used."""
        return self.state is ConnectionState.CONNECTED
