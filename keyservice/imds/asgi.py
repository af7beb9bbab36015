"""The few words of ASGI that the small endpoints speak. Source: ASGI specification, "HTTP & WebSocket", "Lifespan"."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def respond(send: Send, status: int, text: str, headers: Mapping[str, str]) -> None:
    """Send a whole answer."""
    body = text.encode()
    sent = {"content-type": "text/plain", "content-length": str(len(body)), **headers}
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Receive, send: Send) -> None:
    """Say that everything is ready, and that everything has ended: there is nothing to open."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})
