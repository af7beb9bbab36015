"""The AWS JSON 1.1 protocol, which KMS speaks.

Source: Smithy, "AWS JSON 1.1 protocol"; error bodies as recorded from AWS.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from keyservice.errors import SERIALIZATION, ServiceError
from keyservice.wire.members import members

MEDIA_TYPE = "application/x-amz-json-1.1"
CONTENT_TYPE = MEDIA_TYPE.encode()
DENIAL_HEADER = b"x-wardkey-authorization-message"
TARGET_PREFIXES = {"kms": "TrentService.", "wardkey": "Wardkey."}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: HTTP status, content type, body, and further headers."""

    status: int
    content_type: bytes
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def read_body(body: bytes) -> Mapping[str, object]:
    """The members of a request. An empty body is an empty object, as SDKs send for operations without parameters.

    Raises:
        ServiceError: SerializationException if the body is no JSON object.
    """
    if not body:
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        # What could not be read is not repeated: it may hold a plaintext.
        raise SERIALIZATION(detail="The request body is not JSON") from None
    if not isinstance(value, dict):
        raise SERIALIZATION(detail="The request body is not a JSON object")
    return value


def write_output(output: object) -> Reply:
    """A result; an operation without an output shape answers with an empty body."""
    body = b"" if output is None else orjson.dumps(members(output, _scalar))
    return Reply(200, CONTENT_TYPE, body)


def write_error(error: ServiceError) -> Reply:
    """An error: its type, and its message unless AWS sends none. Access denials alone spell it `Message`."""
    code = error.kind.code
    body = {"__type": code}
    if error.message:
        body["Message" if code == "AccessDeniedException" else "message"] = error.message
    return Reply(error.kind.status, CONTENT_TYPE, orjson.dumps(body), denial_header(error))


def denial_header(error: ServiceError) -> tuple[tuple[bytes, bytes], ...]:
    """The header that brings, with a refusal, what DecodeAuthorizationMessage decodes.

    Unlike AWS: Amazon EC2 has it in its message; the messages of these services have no place for it.
    """
    return () if error.denial is None else ((DENIAL_HEADER, error.denial.encode("ascii")),)


def _scalar(value: object) -> object:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
