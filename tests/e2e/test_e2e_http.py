"""The served endpoint over plain HTTP: what is signed wrongly, what is framed oddly, what is no API call at all."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.conftest import code_of
from tests.live import REGION, access_key_id_of, secret_of

HEADERS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.ListKeys"}


def signed(served, body=b"{}", *, user="admin", secret=None, region=REGION, service="kms", headers=None):
    request = AWSRequest(method="POST", url=served.endpoint + "/", headers=dict(headers or HEADERS), data=body)
    credentials = Credentials(access_key_id_of(user), secret or secret_of(user))
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())


def send(served, body, headers, *, method="POST", path="/", chunked=False):
    place = urlsplit(served.endpoint)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    try:
        if chunked:
            connection.request(method, path, body=iter([body[:1], body[1:]]), headers=headers, encode_chunked=True)
        else:
            connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def refused(answer):
    status, _, body = answer
    told = json.loads(body)
    return status, told["__type"], told.get("message", told.get("Message", ""))


def test_a_sound_request_is_answered_with_a_request_id_and_the_date(served):
    status, headers, body = send(served, b"{}", signed(served))
    assert (200, "application/x-amz-json-1.1") == (status, headers["content-type"])
    assert "Truncated" in json.loads(body)
    assert 36 == len(headers["x-amzn-requestid"])
    assert "GMT" in headers["date"]
    assert "server" not in headers


def test_an_unsigned_request_is_refused(served):
    assert (400, "MissingAuthenticationTokenException", "Missing Authentication Token") == refused(
        send(served, b"{}", HEADERS)
    )


def test_a_badly_signed_request_is_refused(served):
    status, code, message = refused(send(served, b"{}", signed(served, secret="x" * 40)))
    assert (400, "InvalidSignatureException") == (status, code)
    assert message.startswith("The request signature we calculated does not match the signature you provided.")


def test_a_request_replayed_with_another_body_is_refused(served):
    headers = signed(served, b'{"Limit": 1}')
    assert 200 == send(served, b'{"Limit": 1}', headers)[0]
    assert (400, "InvalidSignatureException") == refused(send(served, b'{"Limit": 2}', headers))[:2]


def test_a_request_replayed_for_another_operation_is_refused(served):
    headers = {**signed(served), "X-Amz-Target": "TrentService.ListAliases"}
    assert (400, "InvalidSignatureException") == refused(send(served, b"{}", headers))[:2]


@pytest.mark.parametrize(("minutes", "word"), [(-6, "Signature expired"), (6, "Signature not yet current")])
def test_a_stale_or_early_request_is_refused(served, monkeypatch, minutes, word):
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment.replace(tzinfo=None))
    status, code, message = refused(send(served, b"{}", signed(served)))
    assert (400, "InvalidSignatureException") == (status, code)
    assert message.startswith(word)


def test_an_unknown_access_key_and_a_foreign_scope_are_refused(served):
    assert (400, "UnrecognizedClientException") == refused(send(served, b"{}", signed(served, user="ghost")))[:2]
    assert (400, "InvalidSignatureException") == refused(send(served, b"{}", signed(served, region="eu-west-1")))[:2]
    assert (400, "InvalidSignatureException") == refused(send(served, b"{}", signed(served, service="s3")))[:2]


def test_sts_tells_the_same_in_its_own_spelling(served):
    form = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = send(served, form, headers)
    assert (403, True) == (status, b"<Code>MissingAuthenticationToken</Code>" in body)
    bad = signed(served, form, service="sts", headers=headers, secret="x" * 40)
    status, _, body = send(served, form, bad)
    assert (403, True) == (status, b"<Code>SignatureDoesNotMatch</Code>" in body)


def test_a_chunked_request_is_a_request(served):
    headers = signed(served)
    headers.pop("Content-Length", None)
    assert 200 == send(served, b"{}", headers | {"Transfer-Encoding": "chunked"}, chunked=True)[0]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_no_operation(served, method):
    assert (400, "UnknownOperationException") == refused(send(served, b"", HEADERS, method=method))[:2]


def test_a_head_request_is_refused_without_a_body(served):
    status, _, body = send(served, None, {}, method="HEAD")
    assert (400, b"") == (status, body)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/x", "//", "/%2e", "/readyz/", "/?a=b"])
def test_another_path_is_no_operation(served, path):
    assert (400, "UnknownOperationException") == refused(send(served, b"{}", {}, path=path))[:2]


def test_the_service_says_that_it_lives_and_is_ready(served):
    status, _, body = send(served, None, {}, method="GET", path="/livez")
    assert (200, {"status": "ok"}) == (status, json.loads(body))
    status, _, body = send(served, None, {}, method="GET", path="/readyz")
    assert (200, {"status": "ok", "store": True, "trail": True}) == (status, json.loads(body))


def test_a_client_that_says_where_it_comes_from_is_not_believed(served):
    before = len(served.events())
    headers = {**signed(served), "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    assert 200 == send(served, b"{}", headers)[0]
    assert ["127.0.0.1"] == [event["sourceIPAddress"] for event in served.events()[before:]]


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\n",
    ],
    ids=range(4),
)
def test_what_is_no_http_does_no_harm(served, text):
    place = urlsplit(served.endpoint)
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    assert 200 == send(served, b"{}", signed(served))[0]


def test_a_client_that_hangs_up_in_its_request_leaves_nothing(served):
    before = len(served.events())
    place = urlsplit(served.endpoint)
    with socket.create_connection((place.hostname, place.port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n")
        connection.sendall(b"X-Amz-Target: TrentService.ListKeys\r\nContent-Length: 100\r\n\r\n{")
    assert 200 == send(served, b"{}", signed(served))[0]
    assert 1 == len(served.events()) - before


def test_calls_on_one_key_at_once_each_see_it_before_or_after_a_change(served, make_key):
    key = make_key()["KeyId"]
    admin, bob = served.client("admin"), served.client("bob")

    def use(number):
        return code_of(bob.encrypt, KeyId=key, Plaintext=b"%d" % number)

    def switch(number):
        call = admin.disable_key if number % 2 else admin.enable_key
        return code_of(call, KeyId=key)

    with ThreadPoolExecutor(8) as pool:
        used = [pool.submit(use, number) for number in range(120)]
        switched = [pool.submit(switch, number) for number in range(30)]
        found = {future.result() for future in used}
        assert {None} == {future.result() for future in switched}
    assert found <= {None, "DisabledException"}
    admin.disable_key(KeyId=key)
    assert "DisabledException" == use(1)
    admin.enable_key(KeyId=key)
    assert None is use(1)


def test_one_alias_is_given_to_one_of_many_who_ask_at_once(served, make_key):
    admin = served.client()
    keys = [make_key()["KeyId"] for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(lambda key: code_of(admin.create_alias, AliasName="alias/race", TargetKeyId=key), keys))
    assert [*["AlreadyExistsException"] * 5, "None"] == sorted(map(str, codes))
