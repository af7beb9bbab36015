"""The body of a PutObject as the client meant it: taken out of its chunks, and held against what is said of it.

Source: S3 API Reference, "Signature calculations for the authorization header: Transferring a payload in multiple
chunks", "Signature calculations … including trailing headers"; S3 User Guide, "Checking object integrity".
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping

from keyservice.demo.refusals import Refusal

UNSIGNED = "UNSIGNED-PAYLOAD"
_UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_PREFIX = "x-amz-checksum-"
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})(?:;[^\r\n]*)?\r\n")

# What can be checked with the standard library; the other algorithms need the AWS Common Runtime.
_CHECKSUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}


def check_signed_hash(headers: Mapping[str, str], body: bytes) -> None:
    """Hold the body against the hash that the caller signed; the signature itself is the key service's to verify.

    Raises:
        Refusal: it is another body, or its chunks are signed one by one.
    """
    declared = headers.get("x-amz-content-sha256", UNSIGNED)
    if declared in (UNSIGNED, _UNSIGNED_CHUNKS):
        return
    if declared.startswith("STREAMING-"):
        # The signatures of chunks go on from the request's, with the caller's secret, which this service never has.
        raise Refusal("NotImplemented", f"A body that is signed in chunks ({declared[:64]}) is not implemented.", 501)
    if declared != hashlib.sha256(body).hexdigest():
        told = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise Refusal("XAmzContentSHA256Mismatch", told)


def read_body(headers: Mapping[str, str], body: bytes) -> tuple[bytes, Mapping[str, str]]:
    """The object's bytes, and the checksums that were given of them and hold.

    Raises:
        Refusal: the chunks are broken, or a checksum is another.
    """
    given = {name: value for name, value in headers.items() if name.startswith(_PREFIX)}
    if headers.get("x-amz-content-sha256") == _UNSIGNED_CHUNKS:
        body, trailers = _unchunked(body)
        given |= {name: value for name, value in trailers.items() if name.startswith(_PREFIX)}
    md5 = hashlib.md5(body, usedforsecurity=False).digest()
    if "content-md5" in headers and headers["content-md5"] != base64.b64encode(md5).decode("ascii"):
        raise Refusal("BadDigest", "The Content-MD5 you specified did not match what we received.")
    return body, {name: value for name, value in given.items() if _check(name.removeprefix(_PREFIX), value, body)}


def _check(algorithm: str, value: str, body: bytes) -> bool:
    """Whether it is a checksum at all; raises if it is one that does not hold."""
    if algorithm in ("mode", "type"):
        return False
    if algorithm not in _CHECKSUMS:
        raise Refusal("NotImplemented", f"The checksum algorithm {algorithm[:32]} is not implemented.", 501)
    if _decoded(value) != _CHECKSUMS[algorithm](body):
        raise Refusal("BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum.")
    return True


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _unchunked(body: bytes) -> tuple[bytes, Mapping[str, str]]:
    """The chunks' bytes put together, and the trailers."""
    parts: list[bytes] = []
    place = 0
    while True:
        head = _CHUNK.match(body, place)
        if head is None:
            raise _broken()
        length, start = int(head[1], 16), head.end()
        if length == 0:
            return b"".join(parts), _trailers(body[start:])
        parts.append(body[start : start + length])
        place = start + length + 2
        if body[start + length : place] != b"\r\n":
            raise _broken()


def _trailers(text: bytes) -> Mapping[str, str]:
    lines = [line for line in text.decode("latin-1").split("\r\n") if line]
    pairs = [line.partition(":") for line in lines]
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _broken() -> Refusal:
    return Refusal("IncompleteBody", "The request body terminated unexpectedly")
