"""The endpoint, `POST /`: HTTP to a call through the service, and its result or error back to HTTP.

A bare ASGI application: a framework's route would cost more than the cryptography behind it.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from keyservice.auth.sigv4 import SignedRequest
from keyservice.errors import REQUEST_TOO_LARGE, STS_INVALID_ACTION, UNKNOWN_OPERATION, ServiceError
from keyservice.ids import uuid_text
from keyservice.operations.registry import OPERATIONS
from keyservice.service import Incoming, Service
from keyservice.wire import json11, query
from keyservice.wire.json11 import Reply

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# The largest sound request is a key policy of 131,072 characters, each up to six as a JSON escape.
MOST_BYTES = 1_048_576


class Endpoint:
    """Answers the API's requests."""

    def __init__(self, service: Service, random: Callable[[int], bytes]) -> None:
        self._service = service
        self._random = random

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = uuid_text(self._random(16))
        body = await _read(receive)
        if body is None:
            reply = json11.write_error(REQUEST_TOO_LARGE(limit=MOST_BYTES))
        else:
            reply = await self._answer(_signed(scope, body), scope, request_id)
        await _write(send, reply, request_id)

    async def _answer(self, signed: SignedRequest, scope: Scope, request_id: str) -> Reply:
        target = signed.header(b"x-amz-target")
        content_type = signed.header(b"content-type") or ""
        if target is None and content_type.startswith("application/x-www-form-urlencoded"):
            return await self._answer_query(signed, scope, request_id)
        return await self._answer_json(signed, scope, request_id, target or "")

    async def _answer_json(self, signed: SignedRequest, scope: Scope, request_id: str, target: str) -> Reply:
        operation = OPERATIONS.get(("kms", target.removeprefix(json11.TARGET_PREFIX)))
        try:
            if operation is None or not target.startswith(json11.TARGET_PREFIX):
                raise UNKNOWN_OPERATION()
            incoming = Incoming(
                operation=operation,
                signed=signed,
                read_body=lambda: json11.read_body(signed.body),
                request_id=request_id,
                source_ip=_client(scope),
                user_agent=signed.header(b"user-agent") or "",
                is_secure=scope["scheme"] == "https",
            )
            return json11.write_output(await self._service.answer(incoming))
        except ServiceError as error:
            return json11.write_error(error)

    async def _answer_query(self, signed: SignedRequest, scope: Scope, request_id: str) -> Reply:
        try:
            form = query.read_form(signed.body)
            action, version = form.pop("Action", ""), form.pop("Version", "")
            operation = OPERATIONS.get(("sts", action))
            if operation is None or version != query.VERSION:
                raise STS_INVALID_ACTION(operation=action[:100], version=version[:20])
            incoming = Incoming(
                operation=operation,
                signed=signed,
                read_body=lambda: query.read_members(form),
                request_id=request_id,
                source_ip=_client(scope),
                user_agent=signed.header(b"user-agent") or "",
                is_secure=scope["scheme"] == "https",
            )
            output = await self._service.answer(incoming)
            return query.write_output(action, output, request_id)
        except ServiceError as error:
            return query.write_error(error, request_id)


def _signed(scope: Scope, body: bytes) -> SignedRequest:
    return SignedRequest(
        method=scope["method"],
        path=scope.get("raw_path") or scope["path"].encode(),
        query=scope["query_string"],
        headers=scope["headers"],
        body=body,
    )


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "127.0.0.1"


async def _read(receive: Receive) -> bytes | None:
    """The request's body; None if it is too large, of which the rest is not read."""
    message = await receive()
    body: bytes = message.get("body", b"")
    chunks = [body]
    size = len(body)
    while message.get("more_body") and size <= MOST_BYTES:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > MOST_BYTES:
        return None
    return body if len(chunks) == 1 else b"".join(chunks)


async def _write(send: Send, reply: Reply, request_id: str) -> None:
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", str(len(reply.body)).encode("ascii")),
        (b"x-amzn-requestid", request_id.encode("ascii")),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
