"""The canonical request of Signature Version 4: the one spelling of a request that client and service both sign. Pure.

Source: IAM User Guide, "Create a signed AWS API request" (Create a canonical request), "Elements of an AWS API request
signature".
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote_to_bytes

UNRESERVED = "-_.~"  # "UriEncode()": everything but these and A-Z, a-z, 0-9 is encoded

_SPACES = re.compile(rb" {2,}")


def canonical_request(
    method: str,
    path: bytes,
    query: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    signed_headers: bytes,
    body_hash: str,
    *,
    is_s3: bool = False,
) -> bytes:
    """The bytes that are hashed into the string to sign.

    `headers` are the signed headers in the order of their names, with canonical values; `signed_headers` is the list as
    it stands in the Authorization header; `body_hash` is the SHA-256 of the body in lower-case hexadecimal.
    `is_s3` says that it was signed for Amazon S3, which takes the path as it is.
    """
    path = path or b"/" if is_s3 else canonical_path(path)
    lines = [method.encode("latin-1"), path, canonical_query(query)]
    lines += [b"%b:%b" % header for header in headers]
    lines += [b"", signed_headers, body_hash.encode("ascii")]
    return b"\n".join(lines)


def canonical_path(path: bytes) -> bytes:
    """The path without `.`, `..` and empty segments, URI-encoded once more than it came (only S3 does not)."""
    if path in {b"/", b""}:  # the only path of the KMS and STS protocols
        return b"/"
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in {b"", b"."}:
            kept.append(segment)
    trailing = b"/" if kept and path.endswith((b"/", b"/.", b"/..")) else b""
    return quote(b"/" + b"/".join(kept) + trailing, safe="/" + UNRESERVED).encode("ascii")


def canonical_query(query: bytes) -> bytes:
    """The query string's parameters, each URI-encoded anew, sorted by name and then by value."""
    if not query:
        return b""
    pairs = (parameter.partition(b"=")[::2] for parameter in query.split(b"&") if parameter)
    encoded = sorted((_encode(name), _encode(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded).encode("ascii")


def canonical_value(values: Sequence[bytes]) -> bytes:
    """A header's value: trimmed, runs of spaces made one, several headers of one name joined by commas as they came."""
    if len(values) == 1:
        return _trim(values[0])
    return b",".join(map(_trim, values))


def _trim(value: bytes) -> bytes:
    value = value.strip()
    return _SPACES.sub(b" ", value) if b"  " in value else value


def _encode(text: bytes) -> str:
    return quote(unquote_to_bytes(text), safe=UNRESERVED)
