"""HTTPS to external key store proxies: one POST and its answer, within a deadline that holds for all of it.

On the standard library's sockets and TLS, and httptools, which reads HTTP for the service's own side already. The known
clients bound each read and not the whole, connect to whatever a name says by then, and would be a dependency more.
Nothing is followed, decoded or remembered; certificates are always verified; there is no plain HTTP.
"""

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httptools

from keyservice.keystore.xks_addresses import Network, Resolver, permitted
from keyservice.keystore.xks_faults import XksError, XksFault

PORT = 443  # "AWS KMS communicates on port 443" ("CreateCustomKeyStore", XksProxyUriEndpoint)
MOST_ANSWER = 65_536  # bytes, head and all; the longest that a proxy has to say is a tenth of it
IDLE_CONNECTIONS = 16  # kept of a proxy
IDLE_SECONDS = 30.0  # for which a connection is kept: less than what servers do


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a proxy is. One that the operator placed may be anywhere; `ca` is its certificate authorities' file."""

    host: str
    connect_host: str
    connect_port: int = PORT
    is_placed: bool = False
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: bytes = field(repr=False)


class _StaleError(Exception):
    """A kept connection ended before anything came: the request can be made again."""


class _Reader:
    """One response, and no byte behind it."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.body: list[bytes] = []
        self.complete = False
        self.excess = False
        self.keep_alive = False

    def on_message_begin(self) -> None:
        self.excess = self.complete

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.complete = True
        self.keep_alive = self.parser.should_keep_alive()  # which the parser knows at this moment alone


class _Connection:
    """A connection to a proxy."""

    def __init__(self, connected: ssl.SSLSocket) -> None:
        self._socket = connected
        self.idle_since = 0.0

    def exchange(self, request: bytes, deadline: "_Deadline", *, is_kept: bool) -> tuple[Answer, bool]:
        """The answer to a request, and whether the connection can take another."""
        reader = _Reader()
        received = 0
        try:
            self._socket.settimeout(deadline.left())
            self._socket.sendall(request)
            while not reader.complete:
                self._socket.settimeout(deadline.left())
                data = self._socket.recv(MOST_ANSWER)
                if not data and is_kept and not received:
                    raise _StaleError
                received += len(data)
                if not data or received > MOST_ANSWER:
                    raise XksError(XksFault.MALFORMED, "the answer ends early, or does not end")
                reader.parser.feed_data(data)
        except TimeoutError:
            raise XksError(XksFault.TIMED_OUT, "no whole answer in time") from None
        except OSError:
            if is_kept and not received:
                raise _StaleError from None
            raise XksError(XksFault.NO_CONNECTION, "the connection broke") from None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            raise XksError(XksFault.MALFORMED, "the answer is not HTTP") from None
        if reader.excess:
            raise XksError(XksFault.MALFORMED, "more came than one answer")
        return Answer(reader.parser.get_status_code(), b"".join(reader.body)), reader.keep_alive

    def is_quiet(self) -> bool:
        """Whether nothing came that nobody asked for: neither an end nor another answer, which would pass for one."""
        try:
            return not self._socket.pending() and not select.select([self._socket], [], [], 0)[0]
        except (OSError, ValueError):  # ValueError of a number of a file that select does not take
            return False

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()


class _Deadline:
    """When a call must have ended."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """The seconds until then."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise XksError(XksFault.TIMED_OUT, "the time is up")
        return left


class Transport:
    """HTTPS, with connections kept for the next request. Safe for threads."""

    def __init__(
        self, *, seconds: float, allowed: tuple[Network, ...] = (), monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._allowed = allowed
        self._monotonic = monotonic
        self._resolver = Resolver()
        self._lock = threading.Lock()
        self._idle: dict[Place, list[_Connection]] = {}
        self._contexts: dict[Path | None, ssl.SSLContext] = {}

    def post(self, place: Place, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a POST. `headers` have the Host.

        Raises:
            XksError: NO_CONNECTION, NO_TLS, TIMED_OUT, MALFORMED, FORBIDDEN_ADDRESS.
        """
        deadline = _Deadline(self._seconds, self._monotonic)
        told = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        request = f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body
        kept = self._take(place)
        if kept is not None:
            with contextlib.suppress(_StaleError):
                return self._exchange(place, kept, request, deadline, is_kept=True)
        return self._exchange(place, self._connect(place, deadline), request, deadline, is_kept=False)

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connection in (each for several in idle.values() for each in several):
            connection.close()
        self._resolver.close()

    def _exchange(
        self, place: Place, connection: _Connection, request: bytes, deadline: _Deadline, *, is_kept: bool
    ) -> Answer:
        keep = False
        try:
            answer, keep = connection.exchange(request, deadline, is_kept=is_kept)
        finally:
            if not keep or not self._keep(place, connection):
                connection.close()
        return answer

    def _take(self, place: Place) -> _Connection | None:
        while True:
            with self._lock:
                idle = self._idle.get(place)
                connection = idle.pop() if idle else None
            if connection is None:
                return None
            if self._monotonic() - connection.idle_since < IDLE_SECONDS and connection.is_quiet():
                return connection
            connection.close()

    def _keep(self, place: Place, connection: _Connection) -> bool:
        connection.idle_since = self._monotonic()
        with self._lock:
            idle = self._idle.setdefault(place, [])
            if len(idle) >= IDLE_CONNECTIONS:
                return False
            idle.append(connection)
        return True

    def _connect(self, place: Place, deadline: _Deadline) -> _Connection:
        """A new connection, to an address that was looked at."""
        found = self._resolver.addresses(place.connect_host, place.connect_port, deadline.left())
        plain = self._dial(found if place.is_placed else permitted(found, self._allowed), place.connect_port, deadline)
        try:
            plain.settimeout(deadline.left())
            return _Connection(self._context(place.ca).wrap_socket(plain, server_hostname=place.host))
        except TimeoutError:
            raise XksError(XksFault.TIMED_OUT, "no TLS connection in time") from None
        except (OSError, ValueError) as error:  # ssl.SSLError among them; ValueError of what is no name of a host
            raise XksError(XksFault.NO_TLS, f"no TLS connection: {type(error).__name__}") from None
        finally:
            plain.close()  # nothing happens once TLS has taken it over

    def _dial(self, addresses: tuple[str, ...], port: int, deadline: _Deadline) -> socket.socket:
        for address in addresses:
            try:
                plain = socket.create_connection((address, port), timeout=deadline.left())
            except OSError:  # TimeoutError too: the next address has no time left then
                continue
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return plain
        deadline.left()  # who drops what comes, rather than refuse it, took all of the time: that is TIMED_OUT
        raise XksError(XksFault.NO_CONNECTION, "nobody listens at the endpoint, or it is out of reach")

    def _context(self, ca: Path | None) -> ssl.SSLContext:
        """TLS 1.2 or later, certificate and name verified: by the system's authorities, or the operator's file."""
        with self._lock:
            context = self._contexts.get(ca)
            if context is None:
                context = self._contexts[ca] = ssl.create_default_context(cafile=ca)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                context.set_alpn_protocols(["http/1.1"])
        return context
