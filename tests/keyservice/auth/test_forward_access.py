"""Forward access tokens, the source that a service names, and requests that another has received."""

import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyservice.auth.call_source import source_of
from keyservice.auth.caller import NO_SOURCE, CallSource
from keyservice.auth.canonical import canonical_request
from keyservice.auth.forward_access import ForwardAccess, open_forward_access, seal_forward_access
from keyservice.auth.signed_request import SignedRequest
from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import InvalidToken, seal_token
from keyservice.errors import ServiceError

KEY = bytes(range(32))
ACCESS = ForwardAccess(
    access_key_id="AKIAALICEXXXXXXXXXXX",
    token="a-session-token",
    unique_id="AIDAALICE",
    called_via=("s3.amazonaws.com", "ec2.amazonaws.com"),
    expires=1000.5,
)
REGION = "us-east-1"


def sealed(access=ACCESS, region=REGION):
    return seal_forward_access(KEY, access, region, random=os.urandom)


def test_what_was_sealed_opens_for_the_last_of_the_services():
    assert ACCESS == open_forward_access(KEY, sealed(), "ec2.amazonaws.com", REGION)


@pytest.mark.parametrize(
    ("service", "region"),
    [
        ("s3.amazonaws.com", REGION),
        ("ec2.amazonaws.com", "us-west-2"),
        ("ec2.amazonaws.comu", "s-east-1"),
        ("", REGION),
    ],
)
def test_it_opens_for_no_other_service_and_region(service, region):
    with pytest.raises(InvalidToken):
        open_forward_access(KEY, sealed(), service, region)


def test_it_opens_under_no_other_domain_key_and_no_token_of_another_purpose_is_one():
    with pytest.raises(InvalidToken):
        open_forward_access(bytes(32), sealed(), "ec2.amazonaws.com", REGION)
    other = seal_token(KEY, Purpose.SESSION, b"{}", salt=os.urandom(16), iv=os.urandom(12))
    with pytest.raises(InvalidToken):
        open_forward_access(KEY, other, "ec2.amazonaws.com", REGION)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_no_bit_of_a_token_can_be_changed(place, flip):
    token = bytearray(_TOKEN.encode())
    token[place % len(token)] ^= flip
    with pytest.raises(InvalidToken):
        open_forward_access(KEY, token.decode("latin-1"), "ec2.amazonaws.com", REGION)


_TOKEN = sealed()


def test_a_session_token_that_is_too_long_makes_none():
    long = ForwardAccess(access_key_id="A", token="x" * 12_400, unique_id="U", called_via=("s",), expires=1.0)
    assert None is sealed(long)
    short = ForwardAccess(access_key_id="A", token="x" * 12_000, unique_id="U", called_via=("s",), expires=1.0)
    assert short == open_forward_access(KEY, sealed(short), "s", REGION)


def request(**headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return SignedRequest(method="POST", path=b"/", query=b"", headers=named, body=b"")


ARN = "arn:aws:ec2:us-east-1:111122223333:volume/vol-1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, NO_SOURCE),
        ({"x_amz_source_arn": ARN}, CallSource(arn=ARN, account="111122223333")),
        ({"x_amz_source_account": "111122223333"}, CallSource(account="111122223333")),
        ({"x_amz_source_arn": "arn:aws:s3:::bucket"}, CallSource(arn="arn:aws:s3:::bucket")),
        (
            {"x_amz_source_arn": "arn:aws:s3:::bucket", "x_amz_source_account": "111122223333"},
            CallSource(arn="arn:aws:s3:::bucket", account="111122223333"),
        ),
    ],
)
def test_the_source_is_what_the_headers_say(headers, expected):
    assert expected == source_of(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"x_amz_source_arn": ""},
        {"x_amz_source_arn": "vol-1"},
        {"x_amz_source_arn": f"{ARN}, {ARN}"},
        {"x_amz_source_arn": ARN + "x" * 2048},
        {"x_amz_source_account": "1111"},
        {"x_amz_source_arn": ARN, "x_amz_source_account": "444455556666"},
    ],
)
def test_a_source_that_is_none_is_refused(headers):
    with pytest.raises(ServiceError, match="ValidationException"):
        source_of(request(**headers))


def test_amazon_s3s_path_is_signed_as_it_came():
    hashed = hashlib.sha256(b"").hexdigest()
    made = [
        canonical_request("GET", b"/bucket//a%20key/../b", b"", [], b"host", hashed, is_s3=is_s3).split(b"\n")[1]
        for is_s3 in (True, False)
    ]
    assert [b"/bucket//a%20key/../b", b"/bucket/b"] == made
