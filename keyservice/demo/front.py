"""What the demo's two linked services share: an HTTP face that takes a request whole, within bounds, and answers it.

A service here is a function from the caller's request, as it came, to an answer. It may wait for the key service, so it
runs in a thread of its own.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from keyservice.linked import CallerRequest

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PATIENCE = 20.0  # seconds that the server may take to start


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response; the length of the body goes out by itself, unless a header says another (HEAD)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Front:
    """An ASGI application that answers each request by a function; a body beyond `most_body` bytes is not read."""

    def __init__(self, answer: Callable[[CallerRequest], Answer], *, most_body: int, too_large: Answer) -> None:
        self._answer = answer
        self._most_body = most_body
        self._too_large = too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; who hangs up in the middle of a body gets nothing."""
        if scope["type"] != "http":
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._most_body:
            await _send(send, self._too_large, is_last=True)
            return
        body = await _body(receive, self._most_body)
        if body is None:
            return
        if len(body) > self._most_body:
            await _send(send, self._too_large, is_last=True)
            return
        await _send(send, await asyncio.to_thread(self._answer, _request(scope, body)))


@contextmanager
def running(app: Front) -> Iterator[str]:
    """Serve on a free loopback port, in a thread, for as long as the block lasts; gives the endpoint."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    try:
        if not server.started:
            raise RuntimeError("the HTTP server did not start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _request(scope: Scope, body: bytes) -> CallerRequest:
    """The request as it stood on the wire: what the caller signed."""
    return CallerRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=body,
    )


async def _body(receive: Receive, most: int) -> bytes | None:
    """The body, or a little more than `most` of it, or None if the caller has gone."""
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > most or not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, answer: Answer, *, is_last: bool = False) -> None:
    headers = {"content-length": str(len(answer.body)), **answer.headers}
    if is_last:  # the rest of the body is still to come, and nobody will read it
        headers["connection"] = "close"
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})
