"""What can go wrong with an external key store proxy: a table of faults, and what the caller is told of each, when.

A fault is one exception when the custom key store is made, changed or connected, another when a key is made, and always
KMSInvalidStateException when one is used; its message is the same.
Source: AWS KMS External Key Store Proxy API Specification, "Error codes"; KMS API Reference,
"CustomKeyStoresListEntry", ConnectionErrorCode. Rows that the specification does not have are marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from keyservice.errors import (
    CUSTOM_KEY_STORE_FAULT,
    XKS_KEY_INVALID_CONFIGURATION,
    XKS_KEY_NOT_FOUND,
    XKS_KEY_UNUSABLE,
    XKS_PROXY_INCORRECT_CREDENTIAL,
    XKS_PROXY_INVALID_CONFIGURATION,
    XKS_PROXY_INVALID_RESPONSE,
    XKS_PROXY_UNREACHABLE,
    XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION,
    XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND,
    ErrorKind,
    ServiceError,
)
from keyservice.model.custom_key_store import ConnectionErrorCode as Code

_OF_PROXY = "If you see this error repeatedly, report it to your external key store proxy administrator."
_MALFORMED = "AWS KMS cannot interpret the response from the external key store proxy. " + _OF_PROXY


@dataclass(frozen=True, slots=True)
class Row:
    """What is told of a fault: to who manages the store, to who makes a key, as the connection's error code."""

    message: str
    managing: ErrorKind
    making: ErrorKind
    code: Code


class XksFault(Enum):
    """A fault of an external key store proxy, of the way to it, or of an external key."""

    MALFORMED = Row(_MALFORMED, XKS_PROXY_INVALID_RESPONSE, CUSTOM_KEY_STORE_FAULT, Code.XKS_PROXY_INVALID_RESPONSE)
    INVALID_STATE = Row(
        "The external key associated with this KMS key in an external key store is not enabled in the external key "
        "manager. Enable the external key in the external key manager and retry the request.",
        XKS_PROXY_INVALID_RESPONSE,
        XKS_KEY_INVALID_CONFIGURATION,
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    INVALID_CIPHERTEXT = Row(
        "The external key store proxy rejected the request because the specified ciphertext or encryption context is "
        "corrupted, missing, or otherwise invalid.",
        XKS_PROXY_INVALID_RESPONSE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    WRONG_PLAINTEXT = Row(
        "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is "
        "corrupted, missing, or otherwise invalid.",
        XKS_PROXY_INVALID_RESPONSE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    INVALID_KEY_USAGE = Row(
        "The external key associated with this KMS key in an external key store does not support the requested "
        "operation. Enable the operation on the key in your external key manager, and try the request again.",
        XKS_PROXY_INVALID_RESPONSE,
        XKS_KEY_INVALID_CONFIGURATION,
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    NOT_AES_256 = Row(  # the specification has the failure ("GetKeyMetadata"), and no words for it
        "The external key must be an AES-256 symmetric key.",
        XKS_PROXY_INVALID_RESPONSE,
        XKS_KEY_INVALID_CONFIGURATION,
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    AUTHENTICATION = Row(
        "The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the XKS "
        "proxy authentication credentials for your external key store and update if necessary.",
        XKS_PROXY_INCORRECT_CREDENTIAL,
        CUSTOM_KEY_STORE_FAULT,
        Code.INVALID_CREDENTIALS,
    )
    ACCESS_DENIED = Row(
        "The external key store proxy denied access to the operation. Verify that the user and the external key are "
        "both authorized for this operation, and try the request again.",
        XKS_PROXY_INVALID_CONFIGURATION,  # of a request that is excluded from authorization; undocumented
        XKS_KEY_UNUSABLE,
        Code.XKS_PROXY_ACCESS_DENIED,
    )
    KEY_NOT_FOUND = Row(
        "The external key associated with this KMS key in an external key store was not found in its external key "
        "manager. If the external key ID associated with this KMS key is incorrect, create a new KMS key with the "
        "correct external key ID.",
        XKS_PROXY_INVALID_RESPONSE,
        XKS_KEY_NOT_FOUND,
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    INVALID_URI_PATH = Row(
        "The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for "
        "your external key store and update if necessary.",
        XKS_PROXY_INVALID_CONFIGURATION,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_INVALID_CONFIGURATION,
    )
    UNSUPPORTED = Row(
        "The external key store proxy rejected the request because it does not support the requested operation. "
        + _OF_PROXY,
        XKS_PROXY_INVALID_RESPONSE,
        CUSTOM_KEY_STORE_FAULT,  # the specification's XksKeyInvalidResponseException is none of the API's
        Code.XKS_PROXY_INVALID_RESPONSE,
    )
    DEPENDENCY_TIMEOUT = Row(
        "The external key store proxy did not respond to the request in the time allotted. Retry the request. "
        + _OF_PROXY,
        XKS_PROXY_UNREACHABLE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_TIMED_OUT,
    )
    THROTTLING = Row(
        "The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of "
        "your calls using KMS keys in this external key store.",
        XKS_PROXY_UNREACHABLE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_NOT_REACHABLE,
    )
    INTERNAL = Row(
        "The external key store proxy rejected the request because it cannot communicate with the external key "
        "manager. Verify that the external key store proxy configuration is correct and that the external key manager "
        "is available.",
        XKS_PROXY_INVALID_RESPONSE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_NOT_REACHABLE,
    )
    NO_CONNECTION = Row(
        "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you "
        "see this error repeatedly, verify that your external key store proxy is active and is connected to the "
        "network, and that its endpoint URI is correct in your external key store.",
        XKS_PROXY_UNREACHABLE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_NOT_REACHABLE,
    )
    NO_TLS = Row(
        "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, "
        "including its certificate.",
        XKS_PROXY_UNREACHABLE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_INVALID_TLS_CONFIGURATION,
    )
    TIMED_OUT = Row(
        "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. "
        + _OF_PROXY,
        XKS_PROXY_UNREACHABLE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_TIMED_OUT,
    )
    ALL_UNAVAILABLE = Row(  # "XksProxyUriUnreachableException" has the failure, and no words for it
        "All external key manager instances of the external key store proxy are unavailable.",
        XKS_PROXY_UNREACHABLE,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_NOT_REACHABLE,
    )
    FORBIDDEN_ADDRESS = Row(  # ours: the service goes where its operator lets it
        "The endpoint of the external key store proxy has no address that this service may connect to: a public one, "
        "or one that its operator allows.",
        XKS_PROXY_INVALID_CONFIGURATION,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_PROXY_INVALID_CONFIGURATION,
    )
    SERVICE_NOT_FOUND = Row(
        "The Amazon VPC endpoint service of the external key store proxy is not found.",
        XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND,
    )
    SERVICE_UNFIT = Row(
        "The private DNS name of the Amazon VPC endpoint service is another than the external key store's endpoint.",
        XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION,
        CUSTOM_KEY_STORE_FAULT,
        Code.XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION,
    )
    DISCONNECTED = Row(
        "This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the "
        "external key store and try the request again.",
        CUSTOM_KEY_STORE_FAULT,
        CUSTOM_KEY_STORE_FAULT,
        Code.INTERNAL_ERROR,
    )


BY_NAME: Mapping[str, XksFault] = {
    "ValidationException": XksFault.MALFORMED,  # it did not understand us
    "InvalidStateException": XksFault.INVALID_STATE,
    "InvalidCiphertextException": XksFault.INVALID_CIPHERTEXT,
    "InvalidKeyUsageException": XksFault.INVALID_KEY_USAGE,
    "AuthenticationFailedException": XksFault.AUTHENTICATION,
    "AccessDeniedException": XksFault.ACCESS_DENIED,
    "KeyNotFoundException": XksFault.KEY_NOT_FOUND,
    "InvalidUriPathException": XksFault.INVALID_URI_PATH,
    "ThrottlingException": XksFault.THROTTLING,
    "UnsupportedOperationException": XksFault.UNSUPPORTED,
    "DependencyTimeoutException": XksFault.DEPENDENCY_TIMEOUT,
    "InternalException": XksFault.INTERNAL,
}
"""The specification's errorName."""


class XksError(Exception):
    """A call to an external key store proxy failed. `why` is for the trail: one line of ours, never the proxy's."""

    def __init__(self, fault: XksFault, why: str) -> None:
        super().__init__(f"{fault.name}: {why}")
        self.fault = fault
        self.why = why

    def when_managing(self) -> ServiceError:
        """What CreateCustomKeyStore and UpdateCustomKeyStore tell."""
        return self._told(self.fault.value.managing)

    def when_making(self) -> ServiceError:
        """What CreateKey tells."""
        return self._told(self.fault.value.making)

    def when_used(self) -> ServiceError:
        """What cryptographic operations tell."""
        return self._told(XKS_KEY_UNUSABLE)

    def _told(self, kind: ErrorKind) -> ServiceError:
        return ServiceError(kind, self.fault.value.message, secondary=self.why)
