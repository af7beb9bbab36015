"""The AWS Query protocol, which STS speaks: form parameters in, XML out.

Source: Smithy, "AWS Query protocol"; STS API Reference, "Common Errors".
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from keyservice.errors import SERIALIZATION, ServiceError
from keyservice.wire.json11 import Reply
from keyservice.wire.members import members

CONTENT_TYPE = b"text/xml"
VERSION = "2011-06-15"
_NAMESPACE = f"https://sts.amazonaws.com/doc/{VERSION}/"
_MOST_PARAMETERS = 1000
_DEEPEST = 8
_INDEX = re.compile(r"[1-9][0-9]{0,3}")

# How the Query services spell the errors that all services share: code and HTTP status.
_SPELLINGS: Mapping[str, tuple[str, int]] = {
    "AccessDeniedException": ("AccessDenied", 403),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "ValidationException": ("ValidationError", 400),
    "SerializationException": ("MalformedQueryString", 400),
    "KMSInternalException": ("InternalFailure", 500),
}


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of a form.

    Raises:
        ServiceError: SerializationException if it is no form, or names a parameter twice.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS, errors="strict"
        )
    except ValueError:
        raise SERIALIZATION(detail="The request body is not a form") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise SERIALIZATION(detail="A parameter is given twice")
    return form


def read_members(form: Mapping[str, str]) -> dict[str, object]:
    """`Tags.member.1.Key=a` as nested objects and lists, under the names the operation's input declares.

    Raises:
        ServiceError: SerializationException if parameters contradict each other.
    """
    tree: dict[str, object] = {}
    for name, value in form.items():
        path = name.split(".")
        if len(path) > _DEEPEST:
            raise SERIALIZATION(detail=f"The parameter {name[:100]} is nested too deeply")
        node = tree
        for part in path[:-1]:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                raise SERIALIZATION(detail=f"The parameter {name[:100]} contradicts another")
            node = child
        if isinstance(node.get(path[-1]), dict):
            raise SERIALIZATION(detail=f"The parameter {name[:100]} contradicts another")
        node[path[-1]] = value
    return {name: _listed(value) for name, value in tree.items()}


def write_output(action: str, output: object, request_id: str) -> Reply:
    """A result, in the envelope of its action."""
    result = f"<{action}Result>{_elements(members(output, str))}</{action}Result>"
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    body = f'<{action}Response xmlns="{_NAMESPACE}">{result}{metadata}</{action}Response>'
    return Reply(200, CONTENT_TYPE, body.encode())


def write_error(error: ServiceError, request_id: str) -> Reply:
    """An error, in the Query services' spelling."""
    code, status = _SPELLINGS.get(error.kind.code, (error.kind.code, error.kind.status))
    kind = "Receiver" if status >= 500 else "Sender"
    detail = f"<Type>{kind}</Type><Code>{code}</Code><Message>{escape(_printable(error.message))}</Message>"
    told = f"<Error>{detail}</Error><RequestId>{request_id}</RequestId>"
    body = f'<ErrorResponse xmlns="{_NAMESPACE}">{told}</ErrorResponse>'
    return Reply(status, CONTENT_TYPE, body.encode())


def _listed(value: object) -> object:
    if not isinstance(value, dict):
        return value
    inner = value.get("member")
    if set(value) == {"member"} and isinstance(inner, dict) and all(_INDEX.fullmatch(key) for key in inner):
        return [_listed(inner[key]) for key in sorted(inner, key=int)]
    return {name: _listed(item) for name, item in value.items()}


def _elements(values: Mapping[str, object]) -> str:
    return "".join(f"<{name}>{_element(value)}</{name}>" for name, value in values.items())


def _element(value: object) -> str:
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, list):
        return "".join(f"<member>{_element(item)}</member>" for item in value)
    return escape(_printable(str(value)))


def _printable(text: str) -> str:
    """The text without characters that XML 1.0 cannot carry."""
    return "".join(character if character.isprintable() or character in "\t\n\r" else "\ufffd" for character in text)
