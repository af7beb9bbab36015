"""The EC2 Query protocol, as far as the volume store speaks it: a form in, XML out.

Source: EC2 Developer Guide, "Query requests for Amazon EC2", "Error responses"; Smithy, "AWS EC2 Query protocol".
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

from keyservice.demo.front import Answer
from keyservice.demo.refusals import Refusal

VERSION = "2016-11-15"
_NAMESPACE = f"http://ec2.amazonaws.com/doc/{VERSION}/"
_MOST_PARAMETERS = 300


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of a request.

    Raises:
        Refusal: it is no form, or has a parameter twice.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS, errors="strict"
        )
    except ValueError:
        raise Refusal("MalformedQueryString", "The request body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refusal("MalformedQueryString", "A parameter is given twice.")
    return form


def taken_list(form: dict[str, str], name: str) -> list[str]:
    """`Name.1`, `Name.2` … as a list, taken out of the form."""
    found = {key: value for key, value in form.items() if key.startswith(f"{name}.")}
    numbers = sorted(int(key[len(name) + 1 :]) for key in found if _is_number(key[len(name) + 1 :]))
    if len(numbers) != len(found):
        raise Refusal("InvalidParameterValue", f"The parameter {name} is no list.")
    for key in found:
        del form[key]
    return [found[f"{name}.{number}"] for number in numbers]


def result(action: str, members: Mapping[str, object]) -> Answer:
    """A result, in the envelope of its action."""
    request_id = str(uuid4())
    body = f"<requestId>{request_id}</requestId>{_elements(members)}"
    return _xml(200, f'<{action}Response xmlns="{_NAMESPACE}">{body}</{action}Response>', request_id)


def refused(refusal: Refusal) -> Answer:
    """A refusal, as EC2 writes its errors."""
    request_id = str(uuid4())
    error = f"<Code>{escape(refusal.code)}</Code><Message>{_text(refusal.message)}</Message>"
    told = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    return _xml(refusal.status, told, request_id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4 and not text.startswith("0")


def _xml(status: int, text: str, request_id: str) -> Answer:
    headers = {"content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": request_id}
    return Answer(status=status, headers=headers, body=f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())


def _elements(members: Mapping[str, object]) -> str:
    return "".join(f"<{name}>{_element(value)}</{name}>" for name, value in members.items())


def _element(value: object) -> str:
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, list):
        return "".join(f"<item>{_element(item)}</item>" for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(str(value))


def _text(text: str) -> str:
    """The text as XML 1.0 can carry it."""
    return escape("".join(character if character.isprintable() else "\ufffd" for character in text))
