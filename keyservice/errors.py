"""The one catalogue of errors: a row is the wire code, the HTTP status, the message with its blanks, and the source.

Raise a row by calling it with its blanks: `raise DISABLED(arn=key.arn)`. `wire` turns the exception into bytes, in one
place. "K" is the KMS API Reference's page of the operation and recorded responses; "C" is its "Common Errors"; "S" is
the STS API Reference.
"""

from dataclasses import dataclass


class ServiceError(Exception):
    """An error that the caller is told: a row of the catalogue with its blanks filled in."""

    def __init__(self, kind: "ErrorKind", message: str, *, secondary: str | None = None) -> None:
        super().__init__(f"{kind.code}: {message}")
        self.kind = kind
        self.message = message
        self.secondary = secondary  # what the trail may say and the caller may not; never key material


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
GRANT_NOT_FOUND = ErrorKind("NotFoundException", 400, "Grant ID {grant_id} not found")
NOT_FOUND_POLICY = ErrorKind("NotFoundException", 400, "No such policy exists")
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
INVALID_KEY_USAGE = ErrorKind("InvalidKeyUsageException", 400, "{detail}")
INCORRECT_KEY = ErrorKind(
    "IncorrectKeyException", 400, "The key ID in the request does not identify a CMK that can perform this operation."
)
INVALID_CIPHERTEXT = ErrorKind("InvalidCiphertextException", 400, "")
KMS_INVALID_SIGNATURE = ErrorKind("KMSInvalidSignatureException", 400, "")
KMS_INVALID_MAC = ErrorKind("KMSInvalidMacException", 400, "")

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
STS_INVALID_ACTION = ErrorKind("InvalidAction", 400, "Could not find operation {operation} for version {version}", "S")
