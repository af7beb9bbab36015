"""HTTPS to a proxy: one answer within its time, certificates verified, connections kept, no byte believed unseen."""

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from keyservice.keystore import xks_transport
from keyservice.keystore.xks_faults import XksError, XksFault
from keyservice.keystore.xks_transport import Place, Transport
from tests.xks_proxy import HOST, make_certificates

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("tls"))


class RawServer:
    """TLS and nothing more: what `say` does with a connection after each request."""

    def __init__(self, certificate, say):
        self.say = say
        self.connections = 0
        self.requests = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(plain,), daemon=True).start()

    def _answer(self, plain):
        with contextlib.suppress(OSError, ssl.SSLError), self._context.wrap_socket(plain, server_side=True) as tls:
            while request := tls.recv(65536):
                self.requests.append(request)
                self.say(tls)

    def close(self):
        self._listener.close()


@pytest.fixture
def serve(certificates):
    servers = []

    def start(say):
        servers.append(RawServer(certificates[1], say))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def post(certificates):
    transports = []

    def made(server, *, seconds=10.0, ca=certificates[0], host=HOST, allowed=(), connect=None, transport=None):
        if transport is None:
            transports.append(Transport(seconds=seconds, allowed=allowed))
            transport = transports[-1]
        place = Place(
            host=host,
            connect_host=connect or "127.0.0.1",
            connect_port=server.port,
            is_placed=connect is None,
            ca=ca,
        )
        return transport, lambda: transport.post(place, "/kms/xks/v1/health", {"Host": host}, b"{}")

    yield made
    for transport in transports:
        transport.close()


def fault_of(call):
    with pytest.raises(XksError) as refusal:
        call()
    return refusal.value.fault


def sends(*parts, pause=0.0):
    def say(tls):
        for part in parts:
            tls.sendall(part)
            time.sleep(pause)

    return say


def test_a_request_and_its_answer(serve, post):
    server = serve(sends(OK))
    answer = post(server)[1]()
    assert (200, b"{}") == (answer.status, answer.body)
    head, body = server.requests[0].split(b"\r\n\r\n")
    assert [b"POST /kms/xks/v1/health HTTP/1.1", b"Host: xks.example"] == head.split(b"\r\n")[:2]
    assert b"{}" == body


def test_an_answer_in_chunks_and_in_pieces_is_one(serve, post):
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    assert b"{}" == post(serve(sends(*(bytes([byte]) for byte in chunked))))[1]().body


def test_a_connection_is_kept_for_the_next_request(serve, post):
    server = serve(sends(OK))
    _, call = post(server)
    assert {200} == {call().status for _ in range(5)}
    assert 1 == server.connections


def test_a_connection_is_not_kept_if_the_proxy_says_so_or_after_a_while(serve, post, monkeypatch):
    closing = serve(sends(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"))
    _, call = post(closing)
    call(), call()
    assert 2 == closing.connections
    monkeypatch.setattr(xks_transport, "IDLE_SECONDS", 0.0)
    resting = serve(sends(OK))
    _, call = post(resting)
    call(), call()
    assert 2 == resting.connections


def test_a_kept_connection_that_ended_meanwhile_is_made_anew_and_nobody_notices(serve, post):
    def say(tls):
        tls.sendall(OK)
        tls.unwrap().close()

    server = serve(say)
    _, call = post(server)
    assert [200, 200, 200] == [call().status for _ in range(3)]


def test_an_answer_that_nobody_asked_for_never_passes_for_the_next_one(serve, post):
    lie = OK.replace(b"{}", b"[]")

    def say(tls):
        tls.sendall(OK)
        time.sleep(0.05)
        tls.sendall(lie)

    server = serve(say)
    _, call = post(server)
    assert b"{}" == call().body
    time.sleep(0.3)
    assert b"{}" == call().body
    assert 2 == server.connections
    assert XksFault.MALFORMED is fault_of(post(serve(sends(OK + lie)))[1])


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0" * 100,
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b" " * 70_000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=lambda said: said[:40],
)
def test_what_is_no_answer_or_does_not_end_is_malformed(serve, post, said):
    assert XksFault.MALFORMED is fault_of(post(serve(sends(said)))[1])


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{}"])
def test_an_answer_that_ends_early_is_malformed(serve, post, said):
    def say(tls):
        tls.sendall(said)
        tls.unwrap().close()

    assert fault_of(post(serve(say))[1]) in (XksFault.MALFORMED, XksFault.NO_CONNECTION)


@pytest.mark.parametrize("said", [[b"H"] * 200, [OK[:-1], *[b""] * 200]], ids=["a byte at a time", "nothing more"])
def test_no_request_takes_longer_than_its_time_though_every_read_would(serve, post, said):
    server = serve(sends(*said, pause=0.02))
    before = time.monotonic()
    fault = fault_of(post(server, seconds=0.4)[1])
    assert fault in (XksFault.TIMED_OUT, XksFault.MALFORMED)
    assert time.monotonic() - before < 3


def test_who_accepts_and_says_nothing_runs_out_of_time(post):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = Place(host=HOST, connect_host="127.0.0.1", connect_port=listener.getsockname()[1], is_placed=True)
        transport = Transport(seconds=0.2)
        assert XksFault.TIMED_OUT is fault_of(lambda: transport.post(place, "/", {"Host": HOST}, b""))
        transport.close()


def test_nobody_listening_is_no_connection(serve, post):
    server = serve(sends(OK))
    server.close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    transport = Transport(seconds=5.0)
    place = Place(host=HOST, connect_host="127.0.0.1", connect_port=free, is_placed=True)
    assert XksFault.NO_CONNECTION is fault_of(lambda: transport.post(place, "/", {"Host": HOST}, b""))
    transport.close()


def test_a_connection_that_nobody_accepts_or_refuses_runs_out_of_time(monkeypatch):
    moment = [0.0]

    def dropped(_, timeout):
        moment[0] += timeout
        raise TimeoutError

    monkeypatch.setattr(xks_transport.socket, "create_connection", dropped)
    transport = Transport(seconds=5.0, monotonic=lambda: moment[0])
    place = Place(host=HOST, connect_host="127.0.0.1", is_placed=True)
    assert XksFault.TIMED_OUT is fault_of(lambda: transport.post(place, "/", {"Host": HOST}, b""))
    transport.close()


def test_a_certificate_of_another_authority_or_name_is_no_tls(serve, post, tmp_path):
    server = serve(sends(OK))
    other = make_certificates(tmp_path)[0]
    assert XksFault.NO_TLS is fault_of(post(server, ca=other)[1])
    assert XksFault.NO_TLS is fault_of(post(server, ca=None)[1])
    assert XksFault.NO_TLS is fault_of(post(server, host="other.example")[1])
    assert [] == server.requests


def test_an_endpoint_that_nobody_placed_is_not_looked_for_on_this_machine(serve, post):
    server = serve(sends(OK))
    assert XksFault.FORBIDDEN_ADDRESS is fault_of(post(server, connect="127.0.0.1")[1])
    assert 0 == server.connections
    allowed = (ipaddress.ip_network("127.0.0.0/8"),)
    assert 200 == post(server, connect="127.0.0.1", allowed=allowed)[1]().status


def test_a_redirection_is_an_answer_like_any_other(serve, post):
    server = serve(sends(b"HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1/\r\ncontent-length: 0\r\n\r\n"))
    assert 302 == post(server)[1]().status
    assert 1 == server.connections


def test_many_threads_share_connections_and_each_gets_its_own_answer(serve, post):
    def say(tls):
        tls.sendall(OK)

    server = serve(say)
    transport, _ = post(server)
    _, call = post(server, transport=transport)
    with ThreadPoolExecutor(8) as pool:
        assert {200} == {answer.status for answer in pool.map(lambda _: call(), range(200))}
    assert server.connections <= 16
