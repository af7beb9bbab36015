"""HTTP connections with bounds: how large the head of a request may be, and how long a request may take to arrive.

uvicorn's protocol bounds neither; a client that sends no end of headers, or a byte a minute, would be served for ever.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 65_536  # bytes of request line and headers; an SDK's are about a thousand, and a session token two more
MOST_HEADERS = 100
SLOWEST = 30.0  # seconds from a request's first byte (or the connection's beginning) to its last

_TOO_LARGE = b"431 Request Header Fields Too Large"  # RFC 6585, section 5
_TOO_SLOW = b"408 Request Timeout"  # RFC 9110, section 15.5.9


class _TooLarge(Exception):  # noqa: N818 - a message from a callback of the parser to `send_400_response`
    """The head of the request is larger than any sound one."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection. Of a request that comes in one piece, as nearly all do, it only looks at the size."""

    slowest = SLOWEST
    _received = 0  # bytes since the request under way began
    _in_head = False
    _under_way = True
    _is_too_large = False
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Give the first request its time, too."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.slowest, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; what is not complete by then has a deadline."""
        self._received += len(data)
        super().data_received(data)
        if self._in_head and self._received > MOST_HEAD and not self.transport.is_closing():
            self._refuse(_TOO_LARGE)
        elif not self._under_way:
            self._wait_no_longer()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.slowest, self._give_up)

    def on_message_begin(self) -> None:
        """A request begins, perhaps in the middle of what came last."""
        self._in_head = self._under_way = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Refuse a head that is too large before anything is done about it."""
        if len(self.headers) > MOST_HEADERS or (self._received > MOST_HEAD and self._head() > MOST_HEAD):
            self._is_too_large = True
            raise _TooLarge
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here."""
        self._under_way = False
        self._received = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser, or this class, cannot take."""
        if self._is_too_large:
            self._refuse(_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._received and not (self.cycle and self.cycle.response_started):
            self._refuse(_TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: bytes) -> None:
        self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
        self.transport.close()

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
