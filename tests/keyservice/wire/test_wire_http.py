"""Connections to the served endpoint, byte by byte: what is too large, too slow, in pieces, or one after another."""

import json
import socket
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from keyservice.wire.endpoint import MOST_BYTES
from keyservice.wire.http import MOST_HEAD, MOST_HEADERS, BoundedProtocol
from tests.live import REGION, access_key_id_of, secret_of, serving

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("http") / "data") as running:
        yield running


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "slowest", 0.4)


def connect(served):
    place = urlsplit(served.endpoint)
    return socket.create_connection((place.hostname, place.port), timeout=20)


def head(served, body=b"{}", *, target="ListKeys", secret=None, more=(), length=True):
    """A signed request's head."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{target}"}
    request = AWSRequest(method="POST", url=served.endpoint + "/", headers=headers, data=body)
    credentials = Credentials(access_key_id_of("admin"), secret or secret_of("admin"))
    botocore.auth.SigV4Auth(credentials, "kms", REGION).add_auth(request)
    lines = [
        f"Host: {urlsplit(served.endpoint).netloc}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join(["POST / HTTP/1.1", *lines, *more, "", ""]).encode()


def answer(connection):
    """The next response: status, headers, body."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(1)
        if not piece:
            return None
        received += piece
    status, *lines = received.decode().split("\r\n")[:-2]
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = b""
    while missing := int(headers["content-length"]) - len(body):
        body += connection.recv(missing)  # no more: the next response may have come with it
    return int(status.split()[1]), headers, body


def is_closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_one_connection_answers_one_request_after_another_whatever_came_of_them(served):
    with connect(served) as connection:
        for secret, target, status, word in (
            (None, "ListKeys", 200, b"Truncated"),
            ("x" * 40, "ListKeys", 400, b"InvalidSignatureException"),
            (None, "Nonsense", 400, b"UnknownOperationException"),
            (None, "ListKeys", 200, b"Truncated"),
        ):
            connection.sendall(head(served, secret=secret, target=target) + b"{}")
            given = answer(connection)
            assert (status, True) == (given[0], word in given[2])


def test_requests_sent_without_waiting_are_answered_in_their_order(served):
    wrong = head(served, secret="x" * 40) + b"{}"
    right = head(served, b'{"Limit": 1}') + b'{"Limit": 1}'
    with connect(served) as connection:
        connection.sendall(wrong + right + wrong + right)
        assert [400, 200, 400, 200] == [answer(connection)[0] for _ in range(4)]


def test_a_request_that_comes_byte_by_byte_is_a_request(served):
    request = head(served) + b"{}"
    with connect(served) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(request), 7):
            connection.sendall(request[at : at + 7])
        assert 200 == answer(connection)[0]


@pytest.mark.parametrize(
    "more",
    [
        [f"X-Filler: {'x' * MOST_HEAD}"],
        [f"X-Filler-{number}: x" for number in range(MOST_HEADERS)],
        [f"X-Filler-{number}: {'x' * 8000}" for number in range(20)],
    ],
    ids=["one long header", "many headers", "many long headers"],
)
def test_a_head_that_is_too_large_is_refused_and_the_connection_ends(served, more):
    with connect(served) as connection:
        connection.sendall(head(served, more=more) + b"{}")
        assert 431 == answer(connection)[0]
        assert is_closed(connection)


def test_a_head_without_end_is_not_waited_for(served):
    with connect(served) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX-Filler: ")
        with pytest.raises(OSError):
            for _ in range(10_000):
                connection.sendall(b"x" * 10_000)


def test_a_head_as_large_as_may_be_is_taken(served):
    with connect(served) as connection:
        connection.sendall(head(served, more=[f"X-Filler: {'x' * (MOST_HEAD - 4000)}"]) + b"{}")
        assert 200 == answer(connection)[0]


@pytest.mark.parametrize(
    "part", [b"POST / HT", b"POST / HTTP/1.1\r\nHost: x\r\nX-", None], ids=["line", "head", "body"]
)
def test_a_request_that_does_not_come_to_its_end_is_given_up(served, hasty, part):
    began = time.monotonic()
    with connect(served) as connection:
        connection.sendall(head(served) + b"{" if part is None else part)
        assert 408 == answer(connection)[0]
        assert is_closed(connection)
    assert time.monotonic() - began < 15


def test_a_connection_on_which_nothing_comes_is_closed(served, hasty):
    with connect(served) as connection:
        assert None is answer(connection)


def test_a_trickle_of_a_body_is_given_up_as_a_stop_is(served, hasty):
    with connect(served) as connection:
        connection.sendall(head(served, b" " * 1000))
        with pytest.raises(OSError):
            for _ in range(200):
                connection.sendall(b" ")
                time.sleep(0.05)


def test_a_connection_that_waits_after_its_answer_is_not_given_up_by_the_first_requests_deadline(served, hasty):
    with connect(served) as connection:
        for _ in range(3):
            connection.sendall(head(served) + b"{}")
            assert 200 == answer(connection)[0]
            time.sleep(0.6)


def test_a_chunked_body_is_bounded_as_any_other(served):
    chunk = b"%x\r\n%b\r\n" % (65_536, b" " * 65_536)
    with connect(served) as connection:
        connection.sendall(head(served, length=False, more=["Transfer-Encoding: chunked"]))
        for _ in range(MOST_BYTES // 65_536 + 1):
            connection.sendall(chunk)
        status, _, body = answer(connection)
        assert (413, "RequestEntityTooLargeException") == (status, json.loads(body)["__type"])


@pytest.mark.parametrize(
    "more",
    [
        ["Transfer-Encoding: chunked"],
        ["Content-Length: 3"],
        ["Transfer-Encoding: gzip, chunked", "Content-Length: 2"],
        ["Content-Length: -1"],
    ],
    ids=str,
)
def test_a_body_of_two_lengths_is_no_request(served, more):
    with connect(served) as connection:
        connection.sendall(head(served, more=more) + b"{}")
        assert 400 == answer(connection)[0]
        assert is_closed(connection)


def test_whoever_is_refused_for_the_time_is_told_the_time(served, monkeypatch):
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: LONG_AGO)
    with connect(served) as connection:
        connection.sendall(head(served) + b"{}")
        status, headers, body = answer(connection)
    assert (400, True) == (status, b"Signature expired: 20200101T000000Z" in body)
    assert headers["date"].endswith("GMT")
    assert str(time.gmtime().tm_year) in headers["date"]


def test_an_old_client_is_answered_and_let_go(served):
    request = (head(served) + b"{}").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    with connect(served) as connection:
        connection.sendall(request)
        assert 200 == answer(connection)[0]
        assert is_closed(connection)
