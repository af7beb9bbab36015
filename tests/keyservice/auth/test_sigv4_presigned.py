"""Presigned requests: what botocore presigns verifies for as long as it says, and anything changed does not."""

import dataclasses
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyservice.auth.authorization import parse_authorization
from keyservice.auth.signed_request import SignedRequest
from keyservice.auth.sigv4 import verify
from keyservice.errors import ServiceError
from tests.keyservice.auth.signing import ACCESS_KEY_ID, MOMENT, SECRET, sign

URL = "http://127.0.0.1:8480/?Action=GetCallerIdentity&Version=2011-06-15"


def presigned(*, expires=60, url=URL, method="GET", service="sts", **how):
    return sign(method=method, url=url, service=service, expires=expires, **how)


def check(request, *, now=MOMENT, secret=SECRET, service="sts"):
    verify(request, parse_authorization(request), secret, now=now, regions=["us-east-1"], service=service)


def fault_of(request, **how):
    with pytest.raises(ServiceError) as caught:
        check(request, **how)
    return caught.value


def changed(request, old, new):
    assert old in request.query
    return dataclasses.replace(request, query=request.query.replace(old, new))


def without(request, *names):
    kept = [part for part in request.query.split(b"&") if part.partition(b"=")[0].decode() not in names]
    return dataclasses.replace(request, query=b"&".join(kept))


texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=6)
presigned_requests = st.builds(
    lambda method, path, query, headers, token, expires: presigned(
        method=method,
        url="http://127.0.0.1:8480/" + "/".join(map(quote, path)) + f"?{urlencode(query, quote_via=quote)}",
        headers=headers,
        token=token,
        expires=expires,
    ),
    st.sampled_from(["GET", "POST"]),
    st.lists(texts, max_size=2),
    st.lists(st.tuples(texts, texts), max_size=3, unique_by=lambda pair: pair[0]),
    st.dictionaries(st.from_regex(r"(x-amz-meta-|x-k8s-)[a-z]{1,8}", fullmatch=True), st.just("value"), max_size=2),
    st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12),
    st.integers(1, 604_800),
)


@settings(max_examples=150)
@given(presigned_requests)
def test_whatever_botocore_presigns_verifies_until_it_expires(request):
    authorization = parse_authorization(request)
    assert ACCESS_KEY_ID == authorization.access_key_id
    for now in (MOMENT - 300, MOMENT, MOMENT + authorization.expires):
        assert check(request, now=now) is None
    for now in (MOMENT - 301, MOMENT + authorization.expires + 1):
        assert "InvalidSignatureException" == fault_of(request, now=now).kind.code


@settings(max_examples=150)
@given(presigned_requests, st.data())
def test_any_change_after_presigning_is_refused(request, data):
    parameter = data.draw(st.sampled_from(request.query.split(b"&")))
    name, value = data.draw(st.sampled_from(request.headers))
    for other in (
        dataclasses.replace(request, method=request.method + "X"),
        dataclasses.replace(request, path=request.path + b"x"),
        dataclasses.replace(request, body=b"x"),
        dataclasses.replace(request, query=request.query + b"&x=y"),
        dataclasses.replace(request, query=request.query + b"&" + parameter),
        dataclasses.replace(request, query=request.query.replace(parameter, parameter + b"0", 1)),
        dataclasses.replace(request, headers=(*request.headers, (b"x-amz-extra", b"1"))),
        dataclasses.replace(
            request, headers=tuple((each, value + b"x" if each == name else old) for each, old in request.headers)
        ),
    ):
        fault_of(other)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["Algorithm", "Credential", "Signature", "Date", "Expires", "SignedHeaders"])), st.data()
)
def test_no_query_string_ends_in_anything_but_a_refusal(names, data):
    values = st.binary(max_size=30) | st.sampled_from([b"AWS4-HMAC-SHA256", b"a/b/c/kms/aws4_request", b"host", b"%ff"])
    query = b"&".join(b"X-Amz-%b=%b" % (name.encode(), data.draw(values)) for name in names)
    fault_of(SignedRequest(method="GET", path=b"/", query=query, headers=((b"host", b"h"),), body=b""))


def test_both_forms_at_once_are_refused():
    request = presigned()
    both = dataclasses.replace(
        request, headers=(*request.headers, (b"authorization", b"AWS4-HMAC-SHA256 Credential=x"))
    )
    fault = fault_of(both)
    assert "InvalidSignatureException" == fault.kind.code
    assert "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header." == fault.message


def test_everything_that_is_missing_is_named_at_once():
    names = ("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    fault = fault_of(without(presigned(), *names))
    assert "IncompleteSignatureException" == fault.kind.code
    told = " ".join(f"AWS query-string parameters must include '{name}'." for name in names)
    assert f"{told} Re-examine the query-string parameters." == fault.message


def test_a_query_string_without_a_signature_is_no_token_at_all():
    names = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature")
    assert "MissingAuthenticationTokenException" == fault_of(without(presigned(), *names)).kind.code


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"604801", "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be"),
        (b"-1", "X-Amz-Expires must be non-negative"),
        (b"1e3", "X-Amz-Expires should be a number"),
        (b"", "X-Amz-Expires should be a number"),
        (b"9" * 4000, "X-Amz-Expires should be a number"),
        (b"%D9%A1", "X-Amz-Expires should be a number"),
    ],
    ids=range(6),
)
def test_a_lifetime_that_is_none_is_refused(value, told):
    fault = fault_of(changed(presigned(), b"X-Amz-Expires=60", b"X-Amz-Expires=" + value))
    assert ("IncompleteSignatureException", True) == (fault.kind.code, fault.message.startswith(told))


def test_what_has_expired_is_told_until_when_it_held():
    assert (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T123701Z - 1 min.)"
        == fault_of(presigned(), now=MOMENT + 61).message
    )
    assert "(20150830T123701Z - 30 sec.)" in fault_of(presigned(expires=30), now=MOMENT + 61).message


def test_without_a_lifetime_it_holds_as_long_as_a_signed_header():
    """The AWS SDK for Go presigns so unless it is told how long."""
    authorization = parse_authorization(without(presigned(), "X-Amz-Expires"))
    assert authorization.expires is None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"AWS4-HMAC-SHA256", b"AWS4-ECDSA-P256-SHA256", "IncompleteSignatureException"),
        (b"20150830T123600Z", b"Sun%2C%2030%20Aug%202015%2012%3A36%3A00%20GMT", "IncompleteSignatureException"),
        (b"%2Fus-east-1%2F", b"%2Feu-west-1%2F", "InvalidSignatureException"),
        (b"%2Fsts%2F", b"%2Fkms%2F", "InvalidSignatureException"),
        (b"%2Faws4_request", b"", "IncompleteSignatureException"),
        (b"SignedHeaders=host", b"SignedHeaders=accept", "InvalidSignatureException"),
        (b"X-Amz-Date=", b"X-Amz-Date=20150830T123600Z&X-Amz-Date=", "IncompleteSignatureException"),
    ],
    ids=range(7),
)
def test_what_cannot_be_read_is_refused(old, new, code):
    assert code == fault_of(changed(presigned(), old, new)).kind.code


def test_a_presigned_post_is_for_the_body_that_was_signed():
    request = presigned(method="POST", service="kms", headers={"X-Amz-Target": "TrentService.ListKeys"})
    assert check(request, service="kms") is None
    assert "InvalidSignatureException" == fault_of(dataclasses.replace(request, body=b"{}"), service="kms").kind.code


def test_a_session_token_in_the_query_string_is_read():
    request = presigned(token="a+token/=")
    assert "a+token/=" == parse_authorization(request).token
    assert check(request) is None
