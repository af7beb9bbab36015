"""The endpoint, `POST /`: HTTP to a call through the service, and its result or error back to HTTP.

A bare ASGI application: a framework's route would cost more than the cryptography behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from typing import Any

from keyservice.auth.signed_request import SignedRequest
from keyservice.errors import REQUEST_TOO_LARGE, STS_INVALID_ACTION, UNKNOWN_OPERATION, ServiceError
from keyservice.operations.operation import Operation
from keyservice.operations.registry import OPERATIONS
from keyservice.service import Incoming, Service
from keyservice.wire import json11, query, rest
from keyservice.wire.json11 import Reply

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ReadBody = Callable[[], Mapping[str, object]]

# The largest sound request is a key policy of 131,072 characters, each up to six as a JSON escape.
MOST_BYTES = 1_048_576

_BY_TARGET = {
    json11.TARGET_PREFIXES[service] + name: row
    for (service, name), row in OPERATIONS.items()
    if service in json11.TARGET_PREFIXES
}
_FORM = "application/x-www-form-urlencoded"


class _Gone(Exception):  # noqa: N818 - no error: the client hung up before its request was complete
    """Nobody waits for an answer."""


class _TooLarge(Exception):  # noqa: N818 - a message from `_read` to its caller
    """The body is larger than any sound request."""


class Endpoint:
    """Answers the API's requests."""

    def __init__(self, service: Service, fresh_id: Callable[[], str]) -> None:
        self._service = service
        self._fresh_id = fresh_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = self._fresh_id()
        try:
            body = await _read(receive)
            reply = await self._answer(_signed(scope, body), scope, request_id)
        except _Gone:
            return
        except _TooLarge:
            reply = json11.write_error(REQUEST_TOO_LARGE(limit=MOST_BYTES))
        await _write(send, reply, request_id)

    async def _answer(self, signed: SignedRequest, scope: Scope, request_id: str) -> Reply:
        """The reply in the protocol of the request; one in none of them is told so in JSON, as AWS KMS does."""
        target = signed.header(b"x-amz-target")
        media_type = (signed.header(b"content-type") or "").partition(";")[0].strip().lower()
        if signed.path == b"/":
            if target is None and _is_form(signed, media_type):
                return await self._answer_query(signed, scope, request_id)
            if signed.method == "POST" and media_type == json11.MEDIA_TYPE and target is not None:
                return await self._answer_json(signed, scope, request_id, target)
        elif rest.is_path(signed.path):
            return await self._answer_rest(signed, scope, request_id)
        return json11.write_error(UNKNOWN_OPERATION())

    async def _answer_json(self, signed: SignedRequest, scope: Scope, request_id: str, target: str) -> Reply:
        try:
            operation = _BY_TARGET.get(target)
            if operation is None:
                raise UNKNOWN_OPERATION()
            incoming = _incoming(operation, signed, scope, request_id, lambda: json11.read_body(signed.body))
            return json11.write_output(await self._service.answer(incoming))
        except ServiceError as error:
            return json11.write_error(error)

    async def _answer_query(self, signed: SignedRequest, scope: Scope, request_id: str) -> Reply:
        is_json = query.wants_json(signed.header(b"accept"))
        service = "sts"  # until the request has said whose operation it asks for
        try:
            form = query.read_parameters(signed.query, signed.body)
            action, version = form.pop("Action", ""), form.pop("Version", "")
            service = query.SERVICES.get(version, service)
            operation = OPERATIONS.get((service, action))
            if operation is None or version not in query.SERVICES:
                raise STS_INVALID_ACTION(operation=action[:100], version=version[:20])
            incoming = _incoming(operation, signed, scope, request_id, lambda: query.read_members(form))
            output = await self._service.answer(incoming)
            write = partial(query.write_output, action, output, request_id, service=service, is_json=is_json)
            # An analysis may have a hundred thousand lines to tell.
            return await asyncio.to_thread(write) if operation.is_analysis else write()
        except ServiceError as error:
            return query.write_error(error, request_id, service=service, is_json=is_json)

    async def _answer_rest(self, signed: SignedRequest, scope: Scope, request_id: str) -> Reply:
        try:
            operation = rest.operation_at(signed.method, signed.path)
            read = partial(rest.read_input, signed.path, signed.query, signed.body)
            output = await self._service.answer(_incoming(operation, signed, scope, request_id, read))
            return await asyncio.to_thread(rest.write_output, output)
        except ServiceError as error:
            return rest.write_error(error)


def _incoming(
    operation: Operation[Any, Any], signed: SignedRequest, scope: Scope, request_id: str, read_body: ReadBody
) -> Incoming:
    client = scope.get("client")
    return Incoming(
        operation=operation,
        signed=signed,
        read_body=read_body,
        request_id=request_id,
        source_ip=client[0] if client else "127.0.0.1",
        user_agent=signed.header(b"user-agent") or "",
        is_secure=scope["scheme"] == "https",
    )


def _is_form(signed: SignedRequest, media_type: str) -> bool:
    """Whether it is of the Query protocol: a form, or the same in the query string, as presigned requests have it."""
    if signed.method == "POST" and media_type == _FORM:
        return True
    return signed.method in {"GET", "POST"} and b"Action=" in signed.query


def _signed(scope: Scope, body: bytes) -> SignedRequest:
    return SignedRequest(
        method=scope["method"],
        path=scope.get("raw_path") or scope["path"].encode(),
        query=scope["query_string"],
        headers=scope["headers"],
        body=body,
    )


async def _read(receive: Receive) -> bytes:
    """The request's body; of one that is too large the rest is not read."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MOST_BYTES:
            raise _TooLarge
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _write(send: Send, reply: Reply, request_id: str) -> None:
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"x-amzn-requestid", request_id.encode("ascii")),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
