"""Who claims to have signed a request, and how: the Authorization header, or the query string of a presigned request.

Source: IAM User Guide, "Create a signed AWS API request" (Add the signature to the request), "Elements of an AWS API
request signature", "Troubleshoot signed requests for AWS APIs"; the wording of the errors as recorded from AWS.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from keyservice.auth.signed_request import SignedRequest
from keyservice.errors import (
    INCOMPLETE_SIGNATURE,
    INVALID_CREDENTIAL_SCOPE,
    MISSING_AUTHENTICATION_TOKEN,
    TWO_SIGNATURES,
)
from keyservice.values import call_value

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
LONGEST_EXPIRES = 604_800  # seconds: seven days ("Elements of an AWS API request signature", X-Amz-Expires)

_FIELDS = ("Credential", "Signature", "SignedHeaders")
_SIGNATURE = "X-Amz-Signature"
_PARAMETERS = ("X-Amz-Algorithm", "X-Amz-Credential", _SIGNATURE, "X-Amz-SignedHeaders", "X-Amz-Date")
_BASIC_FORMAT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (?:GMT|-0000)")


@call_value
class Authorization:
    """What is claimed, and when: `date` is the signed timestamp, `moment` its epoch seconds.

    `query` is the query string that was signed: without its signature, in a presigned request. `expires` is how many
    seconds a presigned request holds, None for what holds as long as clocks may differ.
    """

    access_key_id: str
    scope_date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    date: str
    moment: float
    query: bytes
    token: str | None = field(default=None, repr=False)
    expires: int | None = None

    @property
    def scope(self) -> str:
        """The credential scope: `20261123/us-east-1/kms/aws4_request`."""
        return f"{self.scope_date}/{self.region}/{self.service}/{TERMINATOR}"


def parse_authorization(request: SignedRequest) -> Authorization:
    """Read who claims to have signed the request, and how.

    Raises:
        ServiceError: MissingAuthenticationTokenException without a signature, IncompleteSignatureException if it cannot
            be read, InvalidSignatureException if there are two, or its scope ends in another term.
    """
    text = request.header(b"authorization")
    if request.query and b"X-Amz-" in request.query:
        parameters = _parameters(request.query)
        if any(parameters.get(name) for name in _PARAMETERS[:3]):
            if text:
                raise TWO_SIGNATURES()
            return _presigned(request, parameters)
    if not text:
        raise MISSING_AUTHENTICATION_TOKEN()
    return _signed(request, text)


def _signed(request: SignedRequest, text: str) -> Authorization:
    algorithm, _, rest = text.partition(" ")
    fields = _fields(text, rest)
    stamp = request.header(b"x-amz-date") or request.header(b"date")
    missing = [f"Authorization header requires '{name}' parameter." for name in _FIELDS if not fields.get(name)]
    if not stamp:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or stamp is None:
        raise INCOMPLETE_SIGNATURE(detail=f"{' '.join(missing)} {_hashed('Authorization=', text)}")
    _check_algorithm(algorithm)
    access_key_id, scope_date, region, service = _credential(fields["Credential"])
    date, moment = _date(stamp)
    return Authorization(
        access_key_id=access_key_id,
        scope_date=scope_date,
        region=region,
        service=service,
        signed_headers=tuple(fields["SignedHeaders"].split(";")),
        signature=fields["Signature"],
        date=date,
        moment=moment,
        query=request.query,
        token=request.header(b"x-amz-security-token"),
    )


def _presigned(request: SignedRequest, parameters: Mapping[str, str]) -> Authorization:
    missing = [
        f"AWS query-string parameters must include '{name}'." for name in _PARAMETERS if not parameters.get(name)
    ]
    if missing:
        raise INCOMPLETE_SIGNATURE(detail=f"{' '.join(missing)} Re-examine the query-string parameters.")
    _check_algorithm(parameters["X-Amz-Algorithm"])
    access_key_id, scope_date, region, service = _credential(parameters["X-Amz-Credential"])
    date, moment = _date(parameters["X-Amz-Date"], is_header=False)
    return Authorization(
        access_key_id=access_key_id,
        scope_date=scope_date,
        region=region,
        service=service,
        signed_headers=tuple(parameters["X-Amz-SignedHeaders"].split(";")),
        signature=parameters[_SIGNATURE],
        date=date,
        moment=moment,
        query=b"&".join(part for part in request.query.split(b"&") if _name(part) != _SIGNATURE),
        token=parameters.get("X-Amz-Security-Token") or request.header(b"x-amz-security-token"),
        expires=_expires(parameters.get("X-Amz-Expires")),
    )


def _expires(text: str | None) -> int | None:
    """How long a presigned request holds. Unlike AWS, whose STS takes 15 minutes whatever is said: it is obeyed."""
    if text is None:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise INCOMPLETE_SIGNATURE(detail="X-Amz-Expires should be a number")
    expires = int(text)
    if expires < 0:
        raise INCOMPLETE_SIGNATURE(detail="X-Amz-Expires must be non-negative")
    if expires > LONGEST_EXPIRES:
        fault = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less"
        raise INCOMPLETE_SIGNATURE(detail=f"{fault} than {LONGEST_EXPIRES} seconds")
    return expires


def _parameters(query: bytes) -> dict[str, str]:
    """The parameters of the query string that Signature Version 4 knows; none may be there twice."""
    found: dict[str, str] = {}
    for part in query.split(b"&"):
        name = _name(part)
        if name.startswith("X-Amz-"):
            if name in found:
                raise INCOMPLETE_SIGNATURE(detail=f"The query-string parameter '{name[:64]}' is given twice.")
            found[name] = unquote_to_bytes(part.partition(b"=")[2]).decode("latin-1")
    return found


def _name(parameter: bytes) -> str:
    return unquote_to_bytes(parameter.partition(b"=")[0]).decode("latin-1")


def _check_algorithm(algorithm: str) -> None:
    if algorithm != ALGORITHM:
        raise INCOMPLETE_SIGNATURE(detail=f"Unsupported AWS 'algorithm': '{algorithm[:64]}'.")


def _fields(header: str, rest: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals or name in fields:
            fault = "Invalid key=value pair (missing equal-sign) in Authorization header"
            raise INCOMPLETE_SIGNATURE(detail=f"{fault} {_hashed(': ', header, close=True)}")
        fields[name] = value
    return fields


@lru_cache(maxsize=256)  # few, as whoever sends nonsense decides how long it is
def _credential(text: str) -> tuple[str, str, str, str]:
    parts = text.split("/")
    if len(parts) != 5 or not parts[0] or not text.isascii():
        # Unlike AWS: the value itself is not shown; it is a secret access key when somebody has mixed the two up.
        fault = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got"
        raise INCOMPLETE_SIGNATURE(detail=f"{fault} {_hashed(': ', text, close=True)}")
    access_key_id, date, region, service, terminator = parts
    if terminator != TERMINATOR:
        raise INVALID_CREDENTIAL_SCOPE(
            detail=f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator[:64]}'."
        )
    return access_key_id, date, region, service


@lru_cache(maxsize=64)
def _date(stamp: str, *, is_header: bool = True) -> tuple[str, float]:
    """The timestamp in the form that is signed, and in epoch seconds; a header may have it as a Date header does.

    Source: RFC 9110, section 5.6.7.
    """
    try:
        if _BASIC_FORMAT.fullmatch(stamp):
            return stamp, datetime.fromisoformat(stamp).timestamp()
        if is_header and _HTTP_DATE.fullmatch(stamp):
            moment = parsedate_to_datetime(stamp).replace(tzinfo=UTC).timestamp()
            return basic_format(moment), moment
    except ValueError:  # the form is right, but there is no such day or hour
        pass
    detail = f"Date must be in ISO-8601 'basic format'. Got '{stamp[:64]}'. See http://en.wikipedia.org/wiki/ISO_8601"
    raise INCOMPLETE_SIGNATURE(detail=detail)


@lru_cache(maxsize=64)
def basic_format(moment: float) -> str:
    """A moment in ISO 8601's basic format: `20261123T220000Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%dT%H%M%SZ")


def _hashed(label: str, text: str, *, close: bool = False) -> str:
    """AWS shows no Authorization header any more: its hash stands for it, and the sender can compare."""
    digest = base64.b64encode(hashlib.sha256(text.encode("latin-1")).digest()).decode("ascii")
    if close:
        return f"(hashed with SHA-256 and encoded with Base64){label}'{digest}'."
    return f"(Hashed with SHA-256 and encoded with Base64) {label}{digest}"
