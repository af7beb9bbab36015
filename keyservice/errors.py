"""The one catalogue of errors: a row is the wire code, the HTTP status, the message with its blanks, and the source.

Raise a row by calling it with its blanks: `raise DISABLED(arn=key.arn)`. `wire` turns the exception into bytes, in one
place. "K" is the KMS API Reference's page of the operation and recorded responses; "C" is its "Common Errors"; "S" is
the STS API Reference, "I" the IAM API Reference, "A" the IAM Access Analyzer API Reference.
"""

from dataclasses import dataclass


class ServiceError(Exception):
    """An error that the caller is told: a row of the catalogue with its blanks filled in."""

    def __init__(self, kind: "ErrorKind", message: str, *, secondary: str | None = None) -> None:
        super().__init__(f"{kind.code}: {message}")
        self.kind = kind
        self.message = message
        self.secondary = secondary  # what the trail may say and the caller may not; never key material
        self.denial: str | None = None  # of a refusal: why, sealed (STS API Reference, "DecodeAuthorizationMessage")


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A row of the catalogue. An empty message means that the wire form carries none."""

    code: str
    status: int
    message: str
    source: str = "K"

    def __call__(self, **blanks: object) -> ServiceError:
        """The exception, its message filled in."""
        return ServiceError(self, self.message.format(**blanks))


# Who calls, and whether the request is really theirs (C; wording as recorded).
MISSING_AUTHENTICATION_TOKEN = ErrorKind(
    "MissingAuthenticationTokenException", 400, "Missing Authentication Token", "C"
)
INCOMPLETE_SIGNATURE = ErrorKind("IncompleteSignatureException", 400, "{detail}", "C")
INVALID_SIGNATURE = ErrorKind(
    "InvalidSignatureException",
    400,
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.",
    "C",
)
SIGNATURE_EXPIRED = ErrorKind(
    "InvalidSignatureException", 400, "Signature expired: {signed} is now earlier than {limit} ({now} - {held})", "C"
)
SIGNATURE_NOT_YET_CURRENT = ErrorKind(
    "InvalidSignatureException",
    400,
    "Signature not yet current: {signed} is still later than {limit} ({now} + 5 min.)",
    "C",
)
TWO_SIGNATURES = ErrorKind(
    "InvalidSignatureException",
    400,
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    "C",
)
INVALID_CREDENTIAL_SCOPE = ErrorKind("InvalidSignatureException", 400, "{detail}", "C")
UNSIGNED_HEADER = ErrorKind(
    "InvalidSignatureException", 400, "{header} must be a 'SignedHeader' in the AWS Authorization.", "C"
)
UNRECOGNIZED_CLIENT = ErrorKind(
    "UnrecognizedClientException", 400, "The security token included in the request is invalid.", "C"
)
EXPIRED_TOKEN = ErrorKind("ExpiredTokenException", 400, "The security token included in the request is expired", "C")
ACCESS_DENIED = ErrorKind("AccessDeniedException", 400, "{message}", "C")
CIPHERTEXT_ACCESS_DENIED = ErrorKind(
    "AccessDeniedException",
    400,
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not "
    "allowed to access.",
)

# What is asked.
UNKNOWN_OPERATION = ErrorKind("UnknownOperationException", 400, "", "C")
SERIALIZATION = ErrorKind("SerializationException", 400, "{detail}", "C")
VALIDATION = ErrorKind("ValidationException", 400, "{detail}", "C")
REQUEST_TOO_LARGE = ErrorKind(
    "RequestEntityTooLargeException", 413, "Request size exceeds the limit of {limit} bytes.", "C"
)
THROTTLING = ErrorKind(
    "ThrottlingException",
    400,
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    "C",
)
DRY_RUN = ErrorKind("DryRunOperationException", 400, "The request would have succeeded, but the DryRun option is set.")
INVALID_MARKER = ErrorKind("InvalidMarkerException", 400, "Invalid marker")
INVALID_GRANT_TOKEN = ErrorKind("InvalidGrantTokenException", 400, "Invalid grant token")
INVALID_GRANT_ID = ErrorKind("InvalidGrantIdException", 400, "Invalid grant ID '{grant_id}'")
INVALID_PRINCIPAL = ErrorKind("InvalidArnException", 400, "ARN does not refer to a valid principal: {arn}")
LIMIT_EXCEEDED = ErrorKind("LimitExceededException", 400, "{detail}")
MALFORMED_POLICY = ErrorKind("MalformedPolicyDocumentException", 400, "{detail}")
UNSUPPORTED_OPERATION = ErrorKind("UnsupportedOperationException", 400, "{detail}")
TAG_FAULT = ErrorKind("TagException", 400, "{detail}")

# Which key.
INVALID_KEY_ID = ErrorKind("NotFoundException", 400, "Invalid keyId '{key_id}'")
KEY_NOT_FOUND = ErrorKind("NotFoundException", 400, "Key '{arn}' does not exist")
ALIAS_NOT_FOUND = ErrorKind("NotFoundException", 400, "Alias {arn} is not found.")
KEY_MATERIAL_NOT_FOUND = ErrorKind("NotFoundException", 400, "Key material {material_id} does not exist for {arn}.")
GRANT_NOT_FOUND = ErrorKind("NotFoundException", 400, "Grant ID {grant_id} not found")
NOT_FOUND_POLICY = ErrorKind("NotFoundException", 400, "No such policy exists")
NO_ALIASES = ErrorKind("InvalidArnException", 400, "Key Aliases are not supported for this operation.")
INVALID_ARN = ErrorKind("NotFoundException", 400, "Invalid arn {detail}")
ALREADY_EXISTS = ErrorKind("AlreadyExistsException", 400, "An alias with the name {arn} already exists")
REPLICA_EXISTS = ErrorKind(
    "AlreadyExistsException", 400, "You can create only one replica of each primary key in each AWS Region."
)
NOT_A_PRIMARY_KEY = ErrorKind("UnsupportedOperationException", 400, "{arn} is not a multi-region primary key.")
INVALID_ALIAS_NAME = ErrorKind("InvalidAliasNameException", 400, "{detail}")

# Its state, and what it is for.
DISABLED = ErrorKind("DisabledException", 400, "{arn} is disabled.")
PENDING_DELETION = ErrorKind("KMSInvalidStateException", 400, "{arn} is pending deletion.")
NOT_PENDING_DELETION = ErrorKind("KMSInvalidStateException", 400, "{arn} is not pending deletion.")
PENDING_IMPORT = ErrorKind("KMSInvalidStateException", 400, "{arn} is pending import.")
UNAVAILABLE = ErrorKind("KMSInvalidStateException", 400, "{arn} is unavailable.")
CREATING = ErrorKind("KMSInvalidStateException", 400, "{arn} is creating.")
UPDATING = ErrorKind("KMSInvalidStateException", 400, "{arn} is updating.")
PENDING_REPLICA_DELETION = ErrorKind("KMSInvalidStateException", 400, "{arn} is pending replica deletion.")
# Of these four, AWS documents the types; the last one's wording is that of its description of the exception.
NO_MATERIAL_PENDING_ROTATION = ErrorKind(
    "KMSInvalidStateException", 400, "No available key material pending rotation for the key: {arn}."
)
ROTATION_PENDING = ErrorKind(
    "KMSInvalidStateException", 400, "{arn} already has key material that is pending rotation."
)
ON_DEMAND_ROTATIONS_EXCEEDED = ErrorKind(
    "LimitExceededException",
    400,
    "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed "
    "for this key: {arn}",
)
ROTATION_CONFLICT = ErrorKind(
    "ConflictException",
    400,
    "An automatic rotation of {arn} is currently in progress or scheduled to begin within the next 20 minutes.",
)
# KMS Developer Guide, "Troubleshooting a custom key store", "How to respond to a cryptographic operation failure"; what
# it leaves out is told in words of our own.
HSM_UNREACHABLE = ErrorKind(
    "KMSInvalidStateException",
    400,
    "KMS cannot communicate with your AWS CloudHSM cluster. This might be a transient network issue.",
)
HSM_DISCONNECTED = ErrorKind("KMSInvalidStateException", 400, "The custom key store {id} is not connected.")
HSM_MATERIAL_MISSING = ErrorKind(
    "KMSInvalidStateException", 400, "The key material of KMS key {key} is not in the AWS CloudHSM cluster."
)
HSM_KEY_EXHAUSTED = ErrorKind(
    "KMSInvalidStateException", 400, "KMS key {key} has encrypted as many messages as it safely can."
)
INVALID_KEY_USAGE = ErrorKind("InvalidKeyUsageException", 400, "{detail}")
INCORRECT_KEY = ErrorKind(
    "IncorrectKeyException", 400, "The key ID in the request does not identify a CMK that can perform this operation."
)
INVALID_CIPHERTEXT = ErrorKind("InvalidCiphertextException", 400, "")
INCORRECT_KEY_MATERIAL = ErrorKind("IncorrectKeyMaterialException", 400, "{detail}")
INVALID_IMPORT_TOKEN = ErrorKind(
    "InvalidImportTokenException", 400, "The import token is invalid or is associated with a different KMS key."
)
EXPIRED_IMPORT_TOKEN = ErrorKind("ExpiredImportTokenException", 400, "The import token is expired.")
KMS_INVALID_SIGNATURE = ErrorKind("KMSInvalidSignatureException", 400, "")
KMS_INVALID_MAC = ErrorKind("KMSInvalidMacException", 400, "")

# Custom key stores; wording of our own, after the exceptions' pages.
CUSTOM_KEY_STORE_NOT_FOUND = ErrorKind("CustomKeyStoreNotFoundException", 400, "Custom key store {id} is not found.")
CUSTOM_KEY_STORE_NAME_IN_USE = ErrorKind(
    "CustomKeyStoreNameInUseException", 400, "The custom key store name {name} is in use."
)
CUSTOM_KEY_STORE_HAS_KEYS = ErrorKind(
    "CustomKeyStoreHasCMKsException", 400, "The custom key store {id} contains KMS keys."
)
CUSTOM_KEY_STORE_INVALID_STATE = ErrorKind(
    "CustomKeyStoreInvalidStateException", 400, "The connection state of custom key store {id} is {state}."
)
CUSTOM_KEY_STORE_UNREACHABLE = ErrorKind(
    "CustomKeyStoreInvalidStateException", 400, "The cluster of custom key store {id} does not answer."
)
CLUSTER_NOT_FOUND = ErrorKind(
    "CloudHsmClusterNotFoundException", 400, "The AWS CloudHSM cluster {cluster_id} is not found."
)
CLUSTER_IN_USE = ErrorKind(
    "CloudHsmClusterInUseException", 400, "The AWS CloudHSM cluster {cluster_id} belongs to another custom key store."
)
CLUSTER_NOT_ACTIVE = ErrorKind(
    "CloudHsmClusterNotActiveException", 400, "The AWS CloudHSM cluster {cluster_id} is not active."
)
CLUSTER_UNFIT = ErrorKind(
    "CloudHsmClusterInvalidConfigurationException",
    400,
    "The AWS CloudHSM cluster {cluster_id} does not meet the requirements of a custom key store.",
)
CLUSTER_NOT_RELATED = ErrorKind(
    "CloudHsmClusterNotRelatedException",
    400,
    "The AWS CloudHSM cluster {cluster_id} has another certificate than the custom key store's.",
)
INCORRECT_TRUST_ANCHOR = ErrorKind(
    "IncorrectTrustAnchorException", 400, "The trust anchor certificate is not that of the AWS CloudHSM cluster."
)
# External key stores; the messages are those of the XKS proxy API's faults (`keystore.xks_faults`), or our own.
CUSTOM_KEY_STORE_FAULT = ErrorKind("CustomKeyStoreInvalidStateException", 400, "{detail}")
XKS_KEY_UNUSABLE = ErrorKind("KMSInvalidStateException", 400, "{detail}")
XKS_KEY_IN_USE = ErrorKind(
    "XksKeyAlreadyInUseException",
    400,
    "The external key {xks_key_id} is already associated with another KMS key in this external key store.",
)
XKS_KEY_INVALID_CONFIGURATION = ErrorKind("XksKeyInvalidConfigurationException", 400, "{detail}")
XKS_KEY_NOT_FOUND = ErrorKind("XksKeyNotFoundException", 400, "{detail}")
XKS_PROXY_INCORRECT_CREDENTIAL = ErrorKind("XksProxyIncorrectAuthenticationCredentialException", 400, "{detail}")
XKS_PROXY_INVALID_CONFIGURATION = ErrorKind("XksProxyInvalidConfigurationException", 400, "{detail}")
XKS_PROXY_INVALID_RESPONSE = ErrorKind("XksProxyInvalidResponseException", 400, "{detail}")
XKS_PROXY_UNREACHABLE = ErrorKind("XksProxyUriUnreachableException", 400, "{detail}")
XKS_PROXY_URI_IN_USE = ErrorKind(
    "XksProxyUriInUseException", 400, "The proxy URI {uri} is that of another external key store in this Region."
)
XKS_PROXY_ENDPOINT_IN_USE = ErrorKind(
    "XksProxyUriEndpointInUseException",
    400,
    "The proxy URI endpoint {endpoint} is that of another external key store in this Region.",
)
XKS_VPC_ENDPOINT_SERVICE_IN_USE = ErrorKind(
    "XksProxyVpcEndpointServiceInUseException",
    400,
    "The Amazon VPC endpoint service {name} is that of another external key store in this Region.",
)
XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND = ErrorKind("XksProxyVpcEndpointServiceNotFoundException", 400, "{detail}")
XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION = ErrorKind(
    "XksProxyVpcEndpointServiceInvalidConfigurationException", 400, "{detail}"
)

# Our own faults.
KMS_INTERNAL = ErrorKind(
    "KMSInternalException", 500, "The request was rejected because of an internal error. Try again."
)
DEPENDENCY_TIMEOUT = ErrorKind(
    "DependencyTimeoutException",
    500,
    "The system timed out while trying to fulfill the request. You can retry the request.",
)

# The Query protocol's own spellings (S, "Common Errors").
STS_ACCESS_DENIED = ErrorKind("AccessDenied", 403, "{message}", "S")
STS_VALIDATION = ErrorKind("ValidationError", 400, "{detail}", "S")
STS_MALFORMED_POLICY = ErrorKind("MalformedPolicyDocument", 400, "{detail}", "S")
STS_PACKED_POLICY_TOO_LARGE = ErrorKind("PackedPolicyTooLarge", 400, "{detail}", "S")
STS_INVALID_IDENTITY_TOKEN = ErrorKind("InvalidIdentityToken", 400, "{detail}", "S")
STS_EXPIRED_IDENTITY_TOKEN = ErrorKind("ExpiredTokenException", 400, "{detail}", "S")
STS_IDP_COMMUNICATION = ErrorKind("IDPCommunicationError", 400, "{detail}", "S")
STS_INVALID_AUTHORIZATION_MESSAGE = ErrorKind(
    "InvalidAuthorizationMessageException", 400, "The authorization message is not valid.", "S"
)
STS_INVALID_ACTION = ErrorKind("InvalidAction", 400, "Could not find operation {operation} for version {version}", "S")

# IAM's own (IAM API Reference, "SimulatePrincipalPolicy"; wording as recorded from IAM's other operations).
NO_SUCH_ENTITY = ErrorKind("NoSuchEntity", 404, "The {type} with name {name} cannot be found.", "I")
IAM_INVALID_INPUT = ErrorKind("InvalidInput", 400, "{detail}", "I")
POLICY_EVALUATION = ErrorKind("PolicyEvaluation", 500, "{detail}", "I")

# IAM Access Analyzer's own (IAM Access Analyzer API Reference, "CheckAccessNotGranted").
INVALID_PARAMETER = ErrorKind("InvalidParameterException", 400, "{detail}", "A")
UNPROCESSABLE_ENTITY = ErrorKind("UnprocessableEntityException", 422, "{detail}", "A")
