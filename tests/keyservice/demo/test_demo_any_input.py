"""Whatever a caller sends to the demo's services, it is understood or refused; nothing else is ever raised."""

import json
import string

from hypothesis import given
from hypothesis import strategies as st

from keyservice.demo.objects.address import read_address
from keyservice.demo.objects.body import check_signed_hash, read_body
from keyservice.demo.objects.sse import HEADERS, read_encryption
from keyservice.demo.refusals import Refusal
from keyservice.demo.volumes.query import read_form, refused, taken_list

HEADER_TEXT = st.text(string.printable.strip(), max_size=60)


def refused_or(read, *arguments):
    """What was read, None of what was refused; and what is refused can be told."""
    told = None
    try:
        return read(*arguments)
    except Refusal as refusal:
        told = refusal
    assert refused(told).body.startswith(b"<?xml")
    return None


@given(st.text(alphabet="/%.ABCabc019-_~+ ", max_size=100) | st.text(max_size=30))
def test_any_path(path):
    address = refused_or(read_address, path)
    assert address is None or ("/" not in address.bucket and ".." not in address.bucket)


@given(
    st.dictionaries(st.sampled_from(HEADERS), HEADER_TEXT | st.sampled_from(["aws:kms", "true", "e30=", "bnVsbA=="]))
)
def test_any_encryption_headers(headers):
    encryption = refused_or(read_encryption, headers)
    assert encryption is None or json.dumps(dict(encryption.context))


CHUNKY = st.lists(
    st.sampled_from([b"4\r\n", b"body", b"\r\n", b"0\r\n", b"\r\n\r\n", b"x-amz-checksum-crc32:", b"a:b"])
)


@given(CHUNKY.map(b"".join) | st.binary(max_size=60))
def test_any_chunks(body):
    refused_or(read_body, {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, body)


@given(
    st.dictionaries(
        st.sampled_from(["content-md5", "x-amz-checksum-crc32", "x-amz-checksum-x", "x-amz-content-sha256"]),
        HEADER_TEXT,
    ),
    st.binary(max_size=20),
)
def test_any_hashes(headers, body):
    refused_or(check_signed_hash, headers, body)
    refused_or(read_body, headers, body)


@given(st.binary(max_size=80) | st.text(alphabet="VolumeId.=&123%", max_size=80).map(str.encode))
def test_any_form(body):
    form = refused_or(read_form, body)
    if form is not None:
        refused_or(taken_list, form, "VolumeId")
