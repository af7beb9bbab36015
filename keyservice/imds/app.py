"""The HTTP face of instance metadata, version 2 alone: a token first, then reading.

Source: EC2 User Guide, "Use the Instance Metadata Service to access instance metadata", "How Instance Metadata Service
Version 2 works".
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from keyservice.auth.session_token import RandomBytes
from keyservice.imds.asgi import lifespan, respond
from keyservice.imds.metadata import InstanceMetadata

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, str, Mapping[str, str]]

TOKEN_PATH = "/latest/api/token"  # noqa: S105 - a path, not a secret
MAX_TTL = 21_600  # seconds: six hours
MAX_TOKENS = 10_000

_TEXTS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
_TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
_TOKEN_HEADER = "x-aws-ec2-metadata-token"  # noqa: S105 - a header's name, not a secret


class ImdsApp:
    """An ASGI application that serves the metadata of one instance."""

    def __init__(self, metadata: InstanceMetadata, *, clock: Callable[[], float], random: RandomBytes) -> None:
        self._metadata = metadata
        self._clock = clock
        self._random = random
        self._tokens: dict[bytes, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a body is never read, since none is expected."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "http":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            status, text, more = self.answer(scope["method"], scope["path"], headers)
            await respond(send, status, text, {"server": "EC2ws", **more})

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Status, text and headers of the answer to a request; header names in lower case."""
        now = self._clock()
        if path == TOKEN_PATH:
            return self._issue(headers, now) if method == "PUT" else _error(405)
        if method != "GET":
            return _error(405)
        if self._tokens.get(_digest(headers.get(_TOKEN_HEADER, "")), 0.0) <= now:
            return _error(401)
        root, _, rest = path.removeprefix("/").partition("/")
        text = self._metadata.read(rest, now) if root == "latest" else None
        return _error(404) if text is None else (200, text, {})

    def _issue(self, headers: Mapping[str, str], now: float) -> Answer:
        # A request that a proxy has passed on may come from outside the instance.
        if "x-forwarded-for" in headers:
            return _error(403)
        given = headers.get(_TTL_HEADER, "")
        if not (given.isascii() and given.isdigit() and len(given) <= 5 and 1 <= int(given) <= MAX_TTL):
            return _error(400)
        token = base64.urlsafe_b64encode(self._random(42)).decode("ascii")
        self._forget(now)
        self._tokens[_digest(token)] = now + int(given)
        return 200, token, {_TTL_HEADER: given}

    def _forget(self, now: float) -> None:
        """Keep the number of tokens bounded: the expired go, and the oldest if that is not enough."""
        if len(self._tokens) >= MAX_TOKENS:
            self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        while len(self._tokens) >= MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]


def _digest(token: str) -> bytes:
    """Tokens are looked up by hash: the time of the look-up says nothing about a token."""
    return hashlib.sha256(token.encode("latin-1")).digest()


def _error(status: int) -> Answer:
    return status, f"{status} - {_TEXTS[status]}", {}
