"""Verification of Signature Version 4 in its header form. Pure: the moment arrives as an argument.

Source: IAM User Guide, "AWS Signature Version 4 for API requests", "Create a signed AWS API request", "Troubleshoot
signed requests for AWS APIs"; the wording of the errors as recorded from AWS.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from keyservice.auth.canonical import canonical_request, canonical_value
from keyservice.errors import (
    INCOMPLETE_SIGNATURE,
    INVALID_CREDENTIAL_SCOPE,
    INVALID_SIGNATURE,
    MISSING_AUTHENTICATION_TOKEN,
    SIGNATURE_EXPIRED,
    SIGNATURE_NOT_YET_CURRENT,
    UNSIGNED_HEADER,
)
from keyservice.values import call_value

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
SKEW = 300  # seconds; AWS's messages name the 5 minutes

_FIELDS = ("Credential", "Signature", "SignedHeaders")
_BASIC_FORMAT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (?:GMT|-0000)")


@call_value
class SignedRequest:
    """An HTTP request as it came: `path` and `query` as sent (percent-encoded), header names in lower case."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = field(repr=False)
    named: Mapping[bytes, list[bytes]] = field(init=False, repr=False, compare=False)
    """The headers' values by name, in the order in which they came."""

    def __post_init__(self) -> None:
        named: dict[bytes, list[bytes]] = {}
        for name, value in self.headers:
            if name in named:
                named[name].append(value)
            else:
                named[name] = [value]
        object.__setattr__(self, "named", named)

    def header(self, name: bytes) -> str | None:
        """The value of a header, None without one; several of one name are joined by commas (RFC 9110, section 5.2)."""
        values = self.named.get(name)
        return b",".join(values).decode("latin-1").strip() if values else None


@call_value
class Authorization:
    """What the Authorization header says, and when: `date` is the signed timestamp, `moment` its epoch seconds."""

    access_key_id: str
    scope_date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    date: str
    moment: float

    @property
    def scope(self) -> str:
        """The credential scope: `20261123/us-east-1/kms/aws4_request`."""
        return f"{self.scope_date}/{self.region}/{self.service}/{TERMINATOR}"


def parse_authorization(request: SignedRequest) -> Authorization:
    """Read who claims to have signed the request, and how.

    Raises:
        ServiceError: MissingAuthenticationTokenException without an Authorization header, IncompleteSignatureException
            if it cannot be read, InvalidSignatureException if its scope ends in another term.
    """
    text = request.header(b"authorization")
    if not text:
        raise MISSING_AUTHENTICATION_TOKEN()
    algorithm, _, rest = text.partition(" ")
    fields = _fields(text, rest)
    stamp = request.header(b"x-amz-date") or request.header(b"date")
    missing = [f"Authorization header requires '{name}' parameter." for name in _FIELDS if not fields.get(name)]
    if not stamp:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing or stamp is None:
        raise INCOMPLETE_SIGNATURE(detail=f"{' '.join(missing)} {_hashed('Authorization=', text)}")
    if algorithm != ALGORITHM:
        raise INCOMPLETE_SIGNATURE(detail=f"Unsupported AWS 'algorithm': '{algorithm[:64]}'.")
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
    )


def verify(
    request: SignedRequest,
    authorization: Authorization,
    secret: str,
    *,
    now: float,
    regions: Collection[str],
    service: str,
) -> None:
    """Do nothing if the request was signed with `secret`, lately, for one of the regions and the service; else raise.

    What needs no secret is checked first, so that the answer to a malformed request says nothing about the access key.

    Raises:
        ServiceError: InvalidSignatureException or IncompleteSignatureException, in AWS's words.
    """
    _check_scope(authorization, regions, service)
    _check_moment(authorization, now)
    headers = _signed_headers(request, authorization.signed_headers)
    body_hash = _body_hash(request)
    expected = _signature(request, authorization, headers, body_hash, secret)
    # Constant time: a comparison that stops early would let a signature be guessed byte by byte.
    if not hmac.compare_digest(expected.encode("ascii"), authorization.signature.encode("latin-1")):
        raise INVALID_SIGNATURE()


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key that signs for a day, a region and a service ("Create a signed AWS API request", Derive a signing key).

    Cached by the secret and not by the access key id: a replaced secret can then never find its predecessor's key.
    """
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _signature(
    request: SignedRequest,
    authorization: Authorization,
    headers: Sequence[tuple[bytes, bytes]],
    body_hash: str,
    secret: str,
) -> str:
    names = ";".join(authorization.signed_headers).encode("latin-1")
    canonical = canonical_request(request.method, request.path, request.query, headers, names, body_hash)
    digest = hashlib.sha256(canonical).hexdigest()
    text = f"{ALGORITHM}\n{authorization.date}\n{authorization.scope}\n{digest}"
    inner, outer = _keyed(signing_key(secret, authorization.scope_date, authorization.region, authorization.service))
    inner, outer = inner.copy(), outer.copy()
    inner.update(text.encode("ascii"))
    outer.update(inner.digest())
    return outer.hexdigest()


@lru_cache(maxsize=4096)
def _keyed(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """The two hashes of HMAC-SHA-256 (RFC 2104) with the key (at most 64 bytes) taken in, which is half of the work."""
    padded = key.ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)
    return hashlib.sha256(inner), hashlib.sha256(outer)


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
def _date(stamp: str) -> tuple[str, float]:
    """The timestamp in the form that is signed, and in epoch seconds (a Date header: RFC 9110, section 5.6.7)."""
    try:
        if _BASIC_FORMAT.fullmatch(stamp):
            return stamp, datetime.fromisoformat(stamp).timestamp()
        if _HTTP_DATE.fullmatch(stamp):
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


def _check_scope(authorization: Authorization, regions: Collection[str], service: str) -> None:
    if authorization.scope_date != authorization.date[:8]:
        detail = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{authorization.scope_date[:64]}' != '{authorization.date[:8]}', from '{authorization.date}'."
        )
        raise INVALID_CREDENTIAL_SCOPE(detail=detail)
    if authorization.region not in regions:
        raise INVALID_CREDENTIAL_SCOPE(
            detail=f"Credential should be scoped to a valid Region, not '{authorization.region[:64]}'. "
        )
    if authorization.service != service:
        raise INVALID_CREDENTIAL_SCOPE(detail=f"Credential should be scoped to correct service: '{service}'. ")


def _check_moment(authorization: Authorization, now: float) -> None:
    if authorization.moment < now - SKEW:
        raise SIGNATURE_EXPIRED(signed=authorization.date, limit=basic_format(now - SKEW), now=basic_format(now))
    if authorization.moment > now + SKEW:
        raise SIGNATURE_NOT_YET_CURRENT(
            signed=authorization.date, limit=basic_format(now + SKEW), now=basic_format(now)
        )


def _signed_headers(request: SignedRequest, names: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
    """The signed headers with their canonical values; raises unless the list is one that AWS's rules allow."""
    signed = _sorted_names(names)
    if signed is None:
        raise INVALID_SIGNATURE()
    if b"host" not in signed:
        raise UNSIGNED_HEADER(header="'Host' or ':authority'")
    values = request.named
    for given in values:
        # Which leaves x-amzn-trace-id to the proxies that add it.
        if given.startswith(b"x-amz-") and given not in signed:
            raise UNSIGNED_HEADER(header=f"'{given[:64].decode('latin-1')}'")
    for name in signed:
        if name not in values:
            shown = name[:64].decode("latin-1")
            detail = f"'{shown}' is named as a SignedHeader, but it does not exist in the HTTP request."
            raise INCOMPLETE_SIGNATURE(detail=detail)
    return [(name, canonical_value(values[name])) for name in signed]


@lru_cache(maxsize=256)
def _sorted_names(names: tuple[str, ...]) -> tuple[bytes, ...] | None:
    """The names as they stand in requests, None if they are not in order or not each once; they come back."""
    return tuple(name.encode("latin-1") for name in names) if list(names) == sorted(set(names)) else None


def _body_hash(request: SignedRequest) -> str:
    """The SHA-256 of the body that came; a declared one must equal it, so there is no UNSIGNED-PAYLOAD."""
    actual = hashlib.sha256(request.body).hexdigest()
    declared = request.header(b"x-amz-content-sha256")
    if declared is not None and declared != actual:
        raise INVALID_SIGNATURE()
    return actual


def _hashed(label: str, text: str, *, close: bool = False) -> str:
    """AWS shows no Authorization header any more: its hash stands for it, and the sender can compare."""
    digest = base64.b64encode(hashlib.sha256(text.encode("latin-1")).digest()).decode("ascii")
    if close:
        return f"(hashed with SHA-256 and encoded with Base64){label}'{digest}'."
    return f"(Hashed with SHA-256 and encoded with Base64) {label}{digest}"
