"""The body of a PutObject: out of its chunks, and held against its hashes."""

import base64
import hashlib
import zlib

import pytest

from keyservice.demo.objects.body import check_signed_hash, read_body
from keyservice.demo.refusals import Refusal

CHUNKED = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}


def text(digest):
    return base64.b64encode(digest).decode()


def crc32(body):
    return text(zlib.crc32(body).to_bytes(4, "big"))


def refusal(call, *arguments):
    with pytest.raises(Refusal) as raised:
        call(*arguments)
    return raised.value.code


def test_a_body_that_is_what_was_signed_passes():
    check_signed_hash({"x-amz-content-sha256": hashlib.sha256(b"body").hexdigest()}, b"body")
    check_signed_hash({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, b"body")
    check_signed_hash(CHUNKED, b"body")


@pytest.mark.parametrize("declared", [hashlib.sha256(b"other").hexdigest(), "", "nonsense"])
def test_another_body_than_was_signed_is_refused(declared):
    assert "XAmzContentSHA256Mismatch" == refusal(check_signed_hash, {"x-amz-content-sha256": declared}, b"body")


def test_signatures_of_chunks_cannot_be_checked_and_so_are_refused():
    headers = {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    assert "NotImplemented" == refusal(check_signed_hash, headers, b"body")


def test_a_body_without_chunks_is_itself():
    assert (b"body", {}) == read_body({"x-amz-checksum-mode": "ENABLED"}, b"body")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("crc32", crc32(b"body")),
        ("sha1", text(hashlib.sha1(b"body").digest())),
        ("sha256", text(hashlib.sha256(b"body").digest())),
    ],
)
def test_checksums_are_checked_and_kept(name, value):
    header = f"x-amz-checksum-{name}"
    assert (b"body", {header: value}) == read_body({header: value}, b"body")
    assert "BadDigest" == refusal(read_body, {header: value}, b"Body")
    assert "BadDigest" == refusal(read_body, {header: "no base64!"}, b"body")


def test_a_checksum_that_cannot_be_checked_is_refused():
    assert "NotImplemented" == refusal(read_body, {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA="}, b"body")


def test_the_md5_is_checked_too():
    md5 = text(hashlib.md5(b"body").digest())
    assert (b"body", {}) == read_body({"content-md5": md5}, b"body")
    assert "BadDigest" == refusal(read_body, {"content-md5": md5}, b"Body")


def test_chunks_are_put_together_and_the_trailing_checksum_holds():
    sent = (
        b"3\r\nbod\r\n1;chunk-signature=abc\r\ny\r\n0\r\nx-amz-checksum-crc32:" + crc32(b"body").encode() + b"\r\n\r\n"
    )
    assert (b"body", {"x-amz-checksum-crc32": crc32(b"body")}) == read_body(CHUNKED, sent)


def test_a_trailing_checksum_that_does_not_hold_is_refused():
    sent = b"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:" + crc32(b"other").encode() + b"\r\n\r\n"
    assert "BadDigest" == refusal(read_body, CHUNKED, sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"body",
        b"4\r\nbody",
        b"4\r\nbody\r\n",
        b"5\r\nbody\r\n0\r\n\r\n",
        b"3\r\nbody\r\n0\r\n\r\n",
        b"-1\r\nbody\r\n0\r\n\r\n",
        b"fffffffff\r\nbody\r\n0\r\n\r\n",
        b"4\nbody\n0\n\n",
    ],
)
def test_broken_chunks_are_refused(sent):
    assert "IncompleteBody" == refusal(read_body, CHUNKED, sent)
