"""Verification of Signature Version 4, in header and in query form. Pure: the moment arrives as an argument.

Source: IAM User Guide, "AWS Signature Version 4 for API requests", "Create a signed AWS API request", "Troubleshoot
signed requests for AWS APIs"; the wording of the errors as recorded from AWS.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from keyservice.auth.authorization import ALGORITHM, TERMINATOR, Authorization, basic_format
from keyservice.auth.canonical import canonical_request, canonical_value
from keyservice.auth.signed_request import SignedRequest
from keyservice.errors import (
    INCOMPLETE_SIGNATURE,
    INVALID_CREDENTIAL_SCOPE,
    INVALID_SIGNATURE,
    SIGNATURE_EXPIRED,
    SIGNATURE_NOT_YET_CURRENT,
    UNSIGNED_HEADER,
)

_S3 = "s3"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_SHA_256 = re.compile(r"[0-9a-f]{64}")
SKEW = 300  # seconds; AWS's messages name the 5 minutes


def verify(
    request: SignedRequest,
    authorization: Authorization,
    secret: str,
    *,
    now: float,
    regions: Collection[str],
    service: str,
    payload_hash: str | None = None,
) -> None:
    """Do nothing if the request was signed with `secret`, lately, for one of the regions and the service; else raise.

    What needs no secret is checked first, so that the answer to a malformed request says nothing about the access key.
    `payload_hash` stands for the body of a request that somebody else has received and passes on.

    Raises:
        ServiceError: InvalidSignatureException or IncompleteSignatureException, in AWS's words.
    """
    _check_scope(authorization, regions, service)
    _check_moment(authorization, now)
    headers = _signed_headers(request, authorization.signed_headers)
    body_hash = _body_hash(request) if payload_hash is None else _given_hash(request, authorization, payload_hash)
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
    is_s3 = authorization.service == _S3
    canonical = canonical_request(
        request.method, request.path, authorization.query, headers, names, body_hash, is_s3=is_s3
    )
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


# Requests to a service that is not of a Region are signed for one Region of the partition, whatever the client's own is
# (AWS General Reference, "AWS Identity and Access Management endpoints and quotas"); with an endpoint of one's own some
# SDKs sign for the client's.
_GLOBAL_REGIONS = {"iam": frozenset({"us-east-1", "cn-north-1", "us-gov-west-1"})}


def _check_scope(authorization: Authorization, regions: Collection[str], service: str) -> None:
    if authorization.scope_date != authorization.date[:8]:
        detail = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{authorization.scope_date[:64]}' != '{authorization.date[:8]}', from '{authorization.date}'."
        )
        raise INVALID_CREDENTIAL_SCOPE(detail=detail)
    if authorization.region not in regions and authorization.region not in _GLOBAL_REGIONS.get(service, ()):
        raise INVALID_CREDENTIAL_SCOPE(
            detail=f"Credential should be scoped to a valid Region, not '{authorization.region[:64]}'. "
        )
    if authorization.service != service:
        raise INVALID_CREDENTIAL_SCOPE(detail=f"Credential should be scoped to correct service: '{service}'. ")


def _check_moment(authorization: Authorization, now: float) -> None:
    held = SKEW if authorization.expires is None else authorization.expires
    if authorization.moment < now - held:
        moments = {"signed": authorization.date, "limit": basic_format(now - held), "now": basic_format(now)}
        raise SIGNATURE_EXPIRED(**moments, held=f"{held // 60} min." if held % 60 == 0 else f"{held} sec.")
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


def _given_hash(request: SignedRequest, authorization: Authorization, payload_hash: str) -> str:
    """The hash of a body that is not here, as whoever has received it says: the signature holds for no other.

    Of a body that the caller has not signed (Amazon S3 alone allows that, and says how in place of the hash) whoever
    passes it on knows what was signed: the words themselves. Source: S3 API Reference, "Authenticating Requests: Using
    the Authorization Header (AWS Signature Version 4)", "Using Query Parameters".
    """
    declared = request.header(b"x-amz-content-sha256")
    if declared is not None and declared != payload_hash:
        raise INVALID_SIGNATURE()
    if not _SHA_256.fullmatch(payload_hash):
        is_said = declared is not None or (authorization.expires is not None and payload_hash == _UNSIGNED)
        if authorization.service != _S3 or not is_said or not payload_hash.startswith((_UNSIGNED, "STREAMING-")):
            raise INVALID_SIGNATURE()
    return payload_hash
