"""What can be wrong with the Authorization header, and how AWS says it."""

import pytest

from keyservice.auth.authorization import parse_authorization
from keyservice.auth.signed_request import SignedRequest
from keyservice.errors import ServiceError

STAMP = (b"x-amz-date", b"20150830T123600Z")
GOOD = (
    "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
)


def request_with(*headers):
    return SignedRequest(method="POST", path=b"/", query=b"", headers=headers, body=b"")


def fault_of(authorization, stamp=STAMP):
    with pytest.raises(ServiceError) as caught:
        parse_authorization(request_with((b"authorization", authorization.encode("latin-1")), stamp))
    return caught.value


def test_a_good_header_is_read():
    parsed = parse_authorization(request_with((b"authorization", GOOD.encode()), STAMP))
    assert ("AKID", "20150830", "us-east-1", "kms") == (
        parsed.access_key_id,
        parsed.scope_date,
        parsed.region,
        parsed.service,
    )
    assert ("host", "x-amz-date") == parsed.signed_headers
    assert 1440938160.0 == parsed.moment


def test_the_separators_need_no_spaces_and_the_order_is_free():
    text = b"AWS4-HMAC-SHA256 Signature=00,SignedHeaders=host,Credential=AKID/20150830/us-east-1/kms/aws4_request"
    assert "AKID" == parse_authorization(request_with((b"authorization", text), STAMP)).access_key_id


@pytest.mark.parametrize("headers", [(), ((b"authorization", b""),), ((b"authorization", b"  "),)])
def test_no_authorization_is_a_missing_authentication_token(headers):
    with pytest.raises(ServiceError) as caught:
        parse_authorization(request_with(STAMP, *headers))
    assert "MissingAuthenticationTokenException" == caught.value.kind.code
    assert "Missing Authentication Token" == caught.value.message


def test_everything_that_is_missing_is_named_at_once():
    fault = fault_of("AWS4-HMAC-SHA256 Credentials=x", stamp=(b"x", b"y"))
    assert "IncompleteSignatureException" == fault.kind.code
    assert fault.message.startswith(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a "
        "'X-Amz-Date' or a 'Date' header. "
    )


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("Bearer abc", "Invalid key=value pair (missing equal-sign)"),
        ("garbage", "Invalid key=value pair (missing equal-sign)"),
        (f"{GOOD}, Signature=11", "Invalid key=value pair (missing equal-sign)"),
        (GOOD.replace("HMAC-SHA256", "ECDSA-P256-SHA256"), "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."),
        (GOOD.replace("AKID/", "AK/ID/"), "Credential must have exactly 5 slash-delimited elements"),
        (GOOD.replace("AKID", ""), "Credential must have exactly 5 slash-delimited elements"),
        (GOOD.replace("AKID", "ÄKID"), "Credential must have exactly 5 slash-delimited elements"),
    ],
)
def test_a_header_that_cannot_be_read_is_an_incomplete_signature(authorization, words):
    fault = fault_of(authorization)
    assert "IncompleteSignatureException" == fault.kind.code
    assert fault.message.startswith(words)


def test_a_secret_pasted_as_access_key_id_is_not_repeated():
    assert "K7MDENG" not in fault_of(GOOD.replace("AKID", "wJalr/K7MDENG")).message


def test_two_authorization_headers_are_an_incomplete_signature():
    with pytest.raises(ServiceError) as caught:
        parse_authorization(request_with((b"authorization", GOOD.encode()), (b"authorization", GOOD.encode()), STAMP))
    assert "IncompleteSignatureException" == caught.value.kind.code


def test_another_terminator_is_refused():
    fault = fault_of(GOOD.replace("aws4_request", "aws5_request"))
    assert "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'." == fault.message


@pytest.mark.parametrize(
    "stamp",
    [
        "yesterday",
        "2015-08-30T12:36:00Z",
        "20151330T123600Z",
        "20150830T250000Z",
        "20150830",
        "²0150830T123600Z",
        "1, 2",
        "Sun, 31 Feb 2015 12:36:00 GMT",
        "Sun, 30 Xyz 2015 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36:00 +0200",
    ],
)
def test_a_date_that_cannot_be_read_is_an_incomplete_signature(stamp):
    fault = fault_of(GOOD, stamp=(b"x-amz-date", stamp.encode("latin-1")))
    assert "IncompleteSignatureException" == fault.kind.code
    assert fault.message.startswith("Date must be in ISO-8601 'basic format'. Got '")


def test_an_http_date_stands_in_for_x_amz_date():
    stamp = (b"date", b"Sun, 30 Aug 2015 12:36:00 GMT")
    parsed = parse_authorization(request_with((b"authorization", GOOD.encode()), stamp))
    assert ("20150830T123600Z", 1440938160.0) == (parsed.date, parsed.moment)
