"""The HTTP face that the demo's services share: requests whole, within bounds."""

import http.client
from urllib.parse import urlsplit

import pytest

from keyservice.demo.front import Answer, Front, running

TOO_LARGE = Answer(status=413, body=b"too large")


@pytest.fixture(scope="module")
def endpoint():
    def answer(request):
        told = f"{request.method} {request.path} ? {request.query} {dict(request.headers).get('x-one')}"
        return Answer(status=200, headers={"x-told": "yes"}, body=told.encode() + request.body)

    with running(Front(answer, most_body=1000, too_large=TOO_LARGE)) as endpoint:
        yield endpoint


def call(endpoint, method="POST", target="/", body=b"", headers=None, **more):
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=20)
    try:
        connection.request(method, target, body, headers or {}, **more)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_request_arrives_as_it_was_sent(endpoint):
    status, told = call(endpoint, "PUT", "/a%20b//c/../d?x=%20y&z", b"-body", {"X-One": "1"})
    assert (200, b"PUT /a%20b//c/../d ? x=%20y&z 1-body") == (status, told)


def test_a_body_is_bounded_whether_its_length_is_declared_or_not(endpoint):
    assert (200, 1000) == (call(endpoint, body=b"x" * 1000)[0], call(endpoint, body=b"x" * 1000)[1].count(b"x"))
    assert (413, b"too large") == call(endpoint, body=b"x" * 1001)
    chunks = iter([b"x" * 600, b"x" * 600])
    assert (413, b"too large") == call(
        endpoint, body=chunks, headers={"Transfer-Encoding": "chunked"}, encode_chunked=True
    )


def test_a_head_has_no_body(endpoint):
    assert (200, b"") == call(endpoint, "HEAD", "/x")
