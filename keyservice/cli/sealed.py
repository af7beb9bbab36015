"""A service that waits for its passphrase or PIN: it says so to whoever asks, and takes `keyservice unseal`."""

import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import uvicorn

from keyservice.backup.root_commands import sealed_handlers
from keyservice.data_directory import DataDirectory
from keyservice.errors import KMS_INTERNAL
from keyservice.identity.control import ControlServer
from keyservice.store.connect import take_writer_lock
from keyservice.wire.json11 import write_error

Answer = tuple[int, bytes, bytes]
_JSON = b"application/json"
_FACES: dict[str, Answer] = {
    "/livez": (200, _JSON, orjson.dumps({"status": "ok"})),
    "/readyz": (503, _JSON, orjson.dumps({"status": "sealed"})),
}


class SealedApplication:
    """The ASGI application of a sealed service. `secret` is what it was unsealed with."""

    def __init__(self, directory: DataDirectory) -> None:
        self._control = ControlServer(directory.control_socket, sealed_handlers(directory.root_key, self._unsealed))
        self.secret: str | None = None
        self.when_unsealed: Callable[[], None] = lambda: None

    def _unsealed(self, secret: str) -> None:
        self.secret = secret
        self.when_unsealed()

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer every call alike, whoever makes it: KMSInternalException, which SDKs try again."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        refusal = write_error(KMS_INTERNAL())
        fallback = (refusal.status, refusal.content_type, refusal.body)
        status, content_type, body = _FACES.get(scope["path"], fallback)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(
        self, receive: Callable[[], Awaitable[dict[str, Any]]], send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        """The control socket is there as long as the server is."""
        await receive()
        await self._control.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._control.stop()
        await send({"type": "lifespan.shutdown.complete"})


def wait_for_secret(
    directory: DataDirectory, listener: socket.socket, run: Callable[[uvicorn.Server, socket.socket], None]
) -> str | None:
    """Serve sealed until it is unsealed; the secret, or None if a signal came first.

    The listening socket stays open, so that clients wait for a moment while the service takes this one's place.

    Raises:
        StoreError: if the directory is served by another process.
    """
    directory.create()
    # Closing what is returned gives it up: the service proper takes it again.
    with os.fdopen(take_writer_lock(directory.store), "rb"):
        application = SealedApplication(directory)
        config = uvicorn.Config(
            application, log_level="warning", access_log=False, server_header=False, ws="none", lifespan="on"
        )
        server = uvicorn.Server(config)
        application.when_unsealed = lambda: setattr(server, "should_exit", True)
        run(server, listener.dup())
    return application.secret
