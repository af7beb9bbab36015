"""The second stage: the signing key and the signature, as AWS's pages print them."""

from keyservice.auth.authorization import parse_authorization
from keyservice.auth.signed_request import SignedRequest
from keyservice.auth.sigv4 import signing_key, verify

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def test_the_documented_signing_key_is_derived():
    # "Examples of how to derive a signing key for Signature Version 4".
    key = signing_key(SECRET, "20150830", "us-east-1", "iam")
    assert "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9" == key.hex()


def test_the_documented_signature_verifies():
    # "Calculate the signature for AWS Signature Version 4".
    authorization = (
        b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        b"SignedHeaders=content-type;host;x-amz-date, "
        b"Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )
    request = SignedRequest(
        method="GET",
        path=b"/",
        query=b"Action=ListUsers&Version=2010-05-08",
        headers=(
            (b"host", b"iam.amazonaws.com"),
            (b"content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
            (b"x-amz-date", b"20150830T123600Z"),
            (b"authorization", authorization),
        ),
        body=b"",
    )
    parsed = parse_authorization(request)
    assert "20150830/us-east-1/iam/aws4_request" == parsed.scope
    assert verify(request, parsed, SECRET, now=1440938160.0, regions=["us-east-1"], service="iam") is None


def test_a_different_secret_has_a_different_signing_key():
    keys = {signing_key(secret, "20150830", "us-east-1", "kms") for secret in ("a" * 40, "b" * 40)}
    assert 2 == len(keys)
    assert {32} == {len(key) for key in keys}
