"""The control socket: how a command changes the store of a service that runs. One line of JSON asks, one line answers.

The socket lies in the data directory and is its owner's alone, as is everything else in there: who may connect could as
well read the root key. Source: unix(7), "Pathname socket ownership and permissions".
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

Message = Mapping[str, object]
Handler = Callable[[Message], Message]

_LOG = logging.getLogger(__name__)

ANY_OTHER = ""
"""Names the handler of whatever command has none; most services have no such one."""

MAX_LINE = 16 * 1024 * 1024  # bytes
_MAX_NAME = 100  # bytes of a socket's name; unix(7) has room for 108
_OWNER_ONLY = 0o177  # the umask that leaves mode 0600


class ControlError(Exception):
    """The running service refuses a command or cannot be asked; the faults, a line each, are for whoever ran it."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class NoServiceError(ControlError):
    """Nobody listens on the control socket."""


class ControlServer:
    """Answers commands on a Unix domain socket. Handlers run in a thread and may block; they refuse by ControlError."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. What an earlier service left behind is removed: the caller holds the data directory's lock."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _nearby(self._path) as name:
            before = os.umask(_OWNER_ONLY)
            try:
                listener.bind(name)
            finally:
                os.umask(before)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_LINE)

    async def stop(self) -> None:
        """Stop listening, and take the socket's name away."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                answer = await self._answer(await self._line(reader))
                writer.write(json.dumps(answer).encode("ascii") + b"\n")
                await writer.drain()
        finally:
            writer.close()

    async def _line(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            return b""

    async def _answer(self, line: bytes) -> Message:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return {"faults": [f"the command is no line of JSON of at most {MAX_LINE} bytes"]}
        command = str(message.get("command")) if isinstance(message, dict) else ANY_OTHER
        handler = self._handlers.get(command, self._handlers.get(ANY_OTHER))
        if handler is None:
            return {"faults": ["the running service does not know this command"]}
        try:
            return await asyncio.to_thread(handler, message)
        except ControlError as error:
            return {"faults": list(error.faults)}
        except Exception:  # noqa: BLE001 - whatever breaks, the command is told, and the next one is answered
            _LOG.exception("a command on the control socket failed")
            return {"faults": ["the running service failed; its log says why"]}


def is_served(path: Path) -> bool:
    """Whether somebody listens on the control socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            with _nearby(path) as name:
                connection.connect(name)
        except OSError:
            return False
        return True


def call(path: Path, message: Message, *, timeout: float = 30.0) -> dict[str, object]:
    """Put a command to the service that listens on `path`, and wait for its answer; `timeout` in seconds.

    Raises:
        NoServiceError: nobody listens there.
        ControlError: whoever listens refuses the command, or gives no answer.
    """
    try:
        line = _exchange(path, json.dumps(message).encode("ascii") + b"\n", timeout)
        answer = json.loads(line) if line else None
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoServiceError([f"no service listens on `{path}`"]) from None
    except (OSError, ValueError) as error:
        raise ControlError([f"the running service does not answer on `{path}`: {error}"]) from None
    if not isinstance(answer, dict):
        raise ControlError([f"the running service hung up on `{path}`"])
    if "faults" in answer:
        raise ControlError([str(fault) for fault in answer["faults"]])
    return answer


def _exchange(path: Path, line: bytes, timeout: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, _nearby(path) as name:
        connection.settimeout(timeout)
        connection.connect(name)
        connection.sendall(line)
        with connection.makefile("rb") as answer:
            return answer.readline()


@contextmanager
def _nearby(path: Path) -> Iterator[str]:
    """A name for the socket that is short enough: by way of its directory's descriptor if its path is long."""
    if len(os.fsencode(path)) <= _MAX_NAME:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
