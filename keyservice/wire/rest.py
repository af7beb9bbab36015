"""The REST-JSON protocol, which IAM Access Analyzer speaks: a path for each operation, JSON in, JSON out.

Source: Smithy, "AWS restJson1 protocol" (Operation error serialization); IAM Access Analyzer API Reference, the
operations' requests, "ValidationException", "Common Errors".
"""

from collections.abc import Mapping
from typing import Any

import orjson

from keyservice.errors import SERIALIZATION, UNKNOWN_OPERATION, ServiceError
from keyservice.operations.operation import Operation
from keyservice.operations.registry import OPERATIONS
from keyservice.wire.json11 import Reply, denial_header, read_body
from keyservice.wire.members import members
from keyservice.wire.query import read_form

CONTENT_TYPE = b"application/json"

# By path: the operation, and the members that stand in the query string.
_PATHS = {
    b"/policy/validation": ("ValidatePolicy", frozenset({"maxResults", "nextToken"})),
    b"/policy/check-access-not-granted": ("CheckAccessNotGranted", frozenset[str]()),
    b"/policy/check-no-public-access": ("CheckNoPublicAccess", frozenset[str]()),
}
_ROUTES = {path: OPERATIONS["access-analyzer", name] for path, (name, _) in _PATHS.items()}

# How the service spells the errors that all services share: code and HTTP status. Who has not shown who they are, or
# may not, is told 403 there ("Common Errors").
_SPELLINGS: Mapping[str, tuple[str, int]] = {
    **dict.fromkeys(("SerializationException", "ValidationException"), ("ValidationException", 400)),
    **{
        code: (code, 403)
        for code in (
            *("AccessDeniedException", "ExpiredTokenException", "InvalidSignatureException"),
            *("MissingAuthenticationTokenException", "UnrecognizedClientException"),
        )
    },
    "ThrottlingException": ("ThrottlingException", 429),
    "UnknownOperationException": ("UnknownOperationException", 404),
    "KMSInternalException": ("InternalServerException", 500),
}
_REASONS = {"SerializationException": "cannotParse", "ValidationException": "fieldValidationFailed"}


def is_path(path: bytes) -> bool:
    """Whether a path is one of this protocol's."""
    return path in _ROUTES


def operation_at(method: str, path: bytes) -> Operation[Any, Any]:
    """The operation of a method and path.

    Raises:
        ServiceError: UnknownOperationException.
    """
    if method != "POST":
        raise UNKNOWN_OPERATION()
    return _ROUTES[path]


def read_input(path: bytes, query: bytes, body: bytes) -> Mapping[str, object]:
    """The members of a request, of its body and of its query string.

    Raises:
        ServiceError: SerializationException if the body is no JSON object, or a parameter is given twice.
    """
    _, of_query = _PATHS[path]
    given = {name: value for name, value in read_body(body).items() if name not in of_query}
    if not query:
        return given
    parameters = read_form(query.replace(b"+", b"%2B"))
    if not all(name in of_query or name.startswith("X-Amz-") for name in parameters):
        raise SERIALIZATION(detail="A parameter of the query string is unknown")
    return {**given, **{name: value for name, value in parameters.items() if name in of_query}}


def write_output(output: object) -> Reply:
    """A result."""
    return Reply(200, CONTENT_TYPE, orjson.dumps(members(output, _same)))


def write_error(error: ServiceError) -> Reply:
    """An error: its type stands in a header, and what is told of it in the body."""
    code, status = _SPELLINGS.get(error.kind.code, (error.kind.code, error.kind.status))
    told = {"message": error.message}
    if error.kind.code in _REASONS:
        told["reason"] = _REASONS[error.kind.code]
    return Reply(
        status, CONTENT_TYPE, orjson.dumps(told), ((b"x-amzn-errortype", code.encode()), *denial_header(error))
    )


def _same(value: object) -> object:
    return value
