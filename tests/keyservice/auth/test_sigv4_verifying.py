"""Whole requests: what botocore signs verifies, and anything changed afterwards does not."""

import dataclasses
import hashlib
import random
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from keyservice.auth.authorization import parse_authorization
from keyservice.auth.signed_request import SignedRequest
from keyservice.auth.sigv4 import verify
from keyservice.errors import ServiceError
from tests.keyservice.auth.signing import MOMENT, SECRET, sign

TARGET = {"X-Amz-Target": "TrentService.Decrypt", "Content-Type": "application/x-amz-json-1.1"}


def check(request, *, now=MOMENT, secret=SECRET, region="us-east-1", service="kms"):
    verify(request, parse_authorization(request), secret, now=now, regions=[region], service=service)


def fault_of(request, **how):
    with pytest.raises(ServiceError) as caught:
        check(request, **how)
    return caught.value


def with_header(request, name, change):
    headers = tuple((given, change(value) if given == name else value) for given, value in request.headers)
    return dataclasses.replace(request, headers=headers)


printable = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
header_names = st.from_regex(r"(x-amz-meta-|x-)[a-z]{1,8}", fullmatch=True)
header_values = st.lists(printable, min_size=1, max_size=4).map("   ".join)
segments = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=6)
requests = st.builds(
    lambda method, path, query, headers, body, token: sign(
        method=method,
        url="http://127.0.0.1:8480/"
        + "/".join(map(quote, path))
        + (f"?{urlencode(query, quote_via=quote)}" if query else ""),
        headers={**TARGET, **headers},
        body=body,
        token=token,
    ),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.lists(segments, max_size=3),
    st.lists(st.tuples(segments, segments), max_size=3),
    st.dictionaries(header_names, header_values, max_size=3),
    st.binary(max_size=64),
    st.none() | printable,
)


@settings(max_examples=150, deadline=None)
@given(request=requests)
def test_whatever_botocore_signs_verifies(request):
    assert check(request) is None


@settings(max_examples=150, deadline=None)
@given(request=requests, seed=st.integers(0, 2**32))
def test_any_change_after_signing_is_refused(request, seed):
    draw = random.Random(seed)
    signed = [
        name for name, _ in request.headers if name not in {b"authorization", b"x-amz-date", b"date", b"user-agent"}
    ]
    changed_header = draw.choice(signed)
    changes = [
        dataclasses.replace(request, method=request.method + "X"),
        dataclasses.replace(request, path=request.path + b"x"),
        dataclasses.replace(request, query=request.query + b"&x=y"),
        dataclasses.replace(request, body=request.body + b"x"),
        with_header(request, changed_header, lambda value: value + b"x"),
        dataclasses.replace(request, headers=(*request.headers, (changed_header, b"again"))),
        dataclasses.replace(request, headers=(*request.headers, (b"x-amz-extra", b"1"))),
        dataclasses.replace(request, headers=tuple(item for item in request.headers if item[0] != changed_header)),
    ]
    for changed in changes:
        with pytest.raises(ServiceError):
            check(changed)


@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 63), digit=st.sampled_from(b"0123456789abcdefABCDEF"))
def test_any_other_signature_is_refused(position, digit):
    request = sign(headers=TARGET)

    def change(value):
        start = len(value) - 64
        return value[: start + position] + bytes([digit]) + value[start + position + 1 :]

    changed = with_header(request, b"authorization", change)
    assume(changed != request)
    assert "InvalidSignatureException" == fault_of(changed).kind.code


@settings(max_examples=300, deadline=None)
@given(text=st.binary(max_size=120), stamp=st.binary(max_size=30))
def test_no_authorization_header_whatever_ends_in_anything_but_a_refusal(text, stamp):
    headers = ((b"host", b"h"), (b"x-amz-date", stamp), (b"authorization", b"AWS4-HMAC-SHA256 " + text))
    fault_of(SignedRequest(method="POST", path=b"/", query=b"", headers=headers, body=b""))


def test_a_body_swapped_after_signing_is_refused():
    changed = dataclasses.replace(sign(headers=TARGET, body=b'{"a":1}'), body=b'{"a":2}')
    assert fault_of(changed).message.startswith("The request signature we calculated does not match")


def test_a_false_body_hash_is_refused_even_when_it_was_signed():
    request = sign(headers={**TARGET, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    assert "InvalidSignatureException" == fault_of(request).kind.code


def test_another_secret_is_refused():
    assert "InvalidSignatureException" == fault_of(sign(headers=TARGET), secret="x" * 40).kind.code


def test_host_must_be_signed():
    request = with_header(sign(headers=TARGET), b"authorization", lambda value: value.replace(b"host;", b""))
    assert "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization." == fault_of(request).message


def test_every_x_amz_header_must_be_signed():
    request = with_header(sign(headers=TARGET), b"authorization", lambda value: value.replace(b";x-amz-target", b""))
    assert "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization." == fault_of(request).message


def test_a_trace_id_and_other_headers_may_be_added_on_the_way():
    request = sign(headers=TARGET)
    extra = ((b"x-amzn-trace-id", b"Root=1"), (b"x-forwarded-for", b"10.0.0.1"), (b"amz-sdk-request", b"attempt=1"))
    assert check(dataclasses.replace(request, headers=request.headers + extra)) is None


@pytest.mark.parametrize(
    "names", [b"x-amz-date;host;content-type;x-amz-target", b"content-type;host;host;x-amz-date;x-amz-target"]
)
def test_signed_headers_must_be_sorted_and_unique(names):
    request = with_header(
        sign(headers=TARGET),
        b"authorization",
        lambda value: value.replace(b"content-type;host;x-amz-date;x-amz-target", names),
    )
    assert "InvalidSignatureException" == fault_of(request).kind.code


def test_a_signed_header_that_is_not_there_is_named():
    request = with_header(
        sign(headers=TARGET), b"authorization", lambda value: value.replace(b"=content", b"=accept;content")
    )
    assert (
        "'accept' is named as a SignedHeader, but it does not exist in the HTTP request." == fault_of(request).message
    )


def test_a_request_may_be_five_minutes_off_and_no_more():
    request = sign(headers=TARGET)
    assert check(request, now=MOMENT + 300) is None
    assert check(request, now=MOMENT - 300) is None
    assert (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
        == fault_of(request, now=MOMENT + 301).message
    )
    assert (
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"
        == fault_of(request, now=MOMENT - 301).message
    )


def test_the_scope_names_region_service_and_the_day_of_signing():
    request = sign(headers=TARGET)
    assert (
        "Credential should be scoped to a valid Region, not 'us-east-1'. "
        == fault_of(request, region="eu-west-1").message
    )
    assert "Credential should be scoped to correct service: 'sts'. " == fault_of(request, service="sts").message
    moved = with_header(request, b"x-amz-date", lambda value: value.replace(b"20150830", b"20150831"))
    assert (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20150830' != '20150831', from '20150831T123600Z'." == fault_of(moved).message
    )


def test_a_request_dated_by_date_alone_verifies():
    request = sign(headers={**TARGET, "Date": "Sun, 30 Aug 2015 12:36:00 GMT"})
    assert request.header(b"x-amz-date") is None
    assert check(request) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Amz-Content-SHA256": hashlib.sha256(b"{}").hexdigest()},
        {"Content-Length": "2", "Amz-Sdk-Invocation-Id": "0a1b", "Amz-Sdk-Request": "attempt=1; max=3"},
        {"X-Amz-User-Agent": "aws-sdk-js/3.0  ua/2.1", "X-Amz-Content-SHA256": hashlib.sha256(b"{}").hexdigest()},
    ],
    ids=["ruby", "go", "javascript"],
)
def test_the_headers_that_other_sdks_sign_verify(headers):
    assert check(sign(headers={**TARGET, **headers})) is None
