"""The AWS Query protocol, which STS and IAM speak: form parameters in, XML out.

Source: Smithy, "AWS Query protocol"; STS API Reference and IAM API Reference, "Common Errors".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson

from keyservice.errors import SERIALIZATION, ServiceError
from keyservice.wire.json11 import Reply, denial_header
from keyservice.wire.members import Entries, members

CONTENT_TYPE = b"text/xml"
SERVICES: Mapping[str, str] = {"2011-06-15": "sts", "2010-05-08": "iam"}
"""Whose operations a Version parameter asks for: the action's name alone does not say."""
_NAMESPACES = {service: f"https://{service}.amazonaws.com/doc/{version}/" for version, service in SERVICES.items()}
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


def read_parameters(query: bytes, body: bytes) -> dict[str, str]:
    """The parameters of the query string and of the form in the body, without those that sign the request.

    In a query string `+` is no space, as it is none in what was signed ("Create a canonical request", UriEncode).

    Raises:
        ServiceError: SerializationException if either is no form, or a parameter is given twice.
    """
    form = read_form(body)
    if query:
        given = read_form(query.replace(b"+", b"%2B"))
        if not form.keys().isdisjoint(given):
            raise SERIALIZATION(detail="A parameter is given twice")
        form |= {name: value for name, value in given.items() if not name.startswith("X-Amz-")}
    return form


def wants_json(accept: str | None) -> bool:
    """Whether the client takes JSON for XML, which STS gives to whoever asks (no page says so; EKS's clients do)."""
    return accept is not None and accept.partition(";")[0].strip().lower() == "application/json"


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


def write_output(action: str, output: object, request_id: str, *, service: str = "sts", is_json: bool = False) -> Reply:
    """A result, in the envelope of its action."""
    if is_json:
        told_of = {"ResponseMetadata": {"RequestId": request_id}}
        return _json(200, {f"{action}Response": {f"{action}Result": members(output, _plain), **told_of}})
    result = f"<{action}Result>{_elements(members(output, _plain))}</{action}Result>"
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    body = f'<{action}Response xmlns="{_NAMESPACES[service]}">{result}{metadata}</{action}Response>'
    return Reply(200, CONTENT_TYPE, body.encode())


def write_error(error: ServiceError, request_id: str, *, service: str = "sts", is_json: bool = False) -> Reply:
    """An error, in the Query services' spelling."""
    code, status = error.kind.code, error.kind.status
    if error.kind.source != "S":  # the rows of STS's own are spelled as they are
        code, status = _SPELLINGS.get(code, (code, status))
    kind = "Receiver" if status >= 500 else "Sender"
    if is_json:
        told_of = {"Error": {"Code": code, "Message": error.message, "Type": kind}, "RequestId": request_id}
        return replace(_json(status, told_of), headers=denial_header(error))
    detail = f"<Type>{kind}</Type><Code>{code}</Code><Message>{escape(_printable(error.message))}</Message>"
    told = f"<Error>{detail}</Error><RequestId>{request_id}</RequestId>"
    body = f'<ErrorResponse xmlns="{_NAMESPACES[service]}">{told}</ErrorResponse>'
    return Reply(status, CONTENT_TYPE, body.encode(), denial_header(error))


def _json(status: int, told: Mapping[str, object]) -> Reply:
    return Reply(status, b"application/json", orjson.dumps(told))


def _plain(value: object) -> object:
    """A value as JSON has it: numbers and booleans, and all else as text."""
    return value if isinstance(value, bool | int | float) else str(value)


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
    if isinstance(value, Entries):
        return "".join(
            f"<entry><key>{_element(key)}</key><value>{_element(item)}</value></entry>" for key, item in value.items()
        )
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, list):
        return "".join(f"<member>{_element(item)}</member>" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_printable(str(value)))


def _printable(text: str) -> str:
    """The text without characters that XML 1.0 cannot carry."""
    return "".join(character if character.isprintable() or character in "\t\n\r" else "\ufffd" for character in text)
