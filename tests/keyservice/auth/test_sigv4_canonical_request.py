"""The first stage: the canonical request. Paths and queries as AWS's documented test cases have them."""

import hashlib

import pytest

from keyservice.auth.canonical import canonical_path, canonical_query, canonical_request, canonical_value

EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        (b"", b"/"),
        (b"/", b"/"),
        (b"//", b"/"),
        (b"/example", b"/example"),
        (b"/example/..", b"/"),
        (b"/example1/example2/../..", b"/"),
        (b"/..", b"/"),
        (b"/.", b"/"),
        (b"/./example", b"/example"),
        (b"//example//", b"/example/"),
        (b"/-._~0129AZaz", b"/-._~0129AZaz"),
        (b"/example%20space/", b"/example%2520space/"),
        (b"/%E1%88%B4", b"/%25E1%2588%25B4"),
    ],
)
def test_a_path_is_normalised_and_encoded_once_more(sent, canonical):
    assert canonical == canonical_path(sent)


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        (b"", b""),
        (b"Param1=value1", b"Param1=value1"),
        (b"Param2=value2&Param1=value1", b"Param1=value1&Param2=value2"),
        (b"Param1=value2&Param1=Value1", b"Param1=Value1&Param1=value2"),
        (b"Param1", b"Param1="),
        (b"Param1=a=b", b"Param1=a%3Db"),
        (b"p=%e1%88%b4", b"p=%E1%88%B4"),
        ("ሴ=bar".encode(), b"%E1%88%B4=bar"),
        (b"p=a%20b", b"p=a%20b"),
        (b"-._~=%2D%2E%5F%7E", b"-._~=-._~"),
    ],
)
def test_a_query_is_encoded_anew_and_sorted(sent, canonical):
    assert canonical == canonical_query(sent)


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ([b"value"], b"value"),
        ([b"  value1  "], b"value1"),
        ([b' "a   b   c" '], b'"a b c"'),
        ([b"value4", b"value1", b" value2 "], b"value4,value1,value2"),
    ],
)
def test_a_header_is_trimmed_and_its_spaces_are_made_one(sent, canonical):
    assert canonical == canonical_value(sent)


def test_the_documented_list_users_request_hashes_as_documented():
    # "Create a signed AWS API request" and its older page, "Create a canonical request", print this hash.
    canonical = canonical_request(
        "GET",
        b"/",
        b"Action=ListUsers&Version=2010-05-08",
        [
            (b"content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
            (b"host", b"iam.amazonaws.com"),
            (b"x-amz-date", b"20150830T123600Z"),
        ],
        b"content-type;host;x-amz-date",
        EMPTY,
    )
    assert "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59" == hashlib.sha256(canonical).hexdigest()
