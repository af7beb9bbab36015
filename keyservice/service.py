"""One call through the service, top to bottom: authenticate, read input, locate, authorize, guard, run, record.

No operation runs but through here, so none runs unauthorised, unaudited or unmetered.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from keyservice.audit.trail import Trail
from keyservice.auth.authenticate import Authenticator
from keyservice.auth.sigv4 import SignedRequest
from keyservice.authorize.context import CallFacts
from keyservice.clock import Clock
from keyservice.errors import DRY_RUN, INVALID_KEY_USAGE, KMS_INTERNAL, ServiceError
from keyservice.model.states import refuse_by_state
from keyservice.operations.operation import Kind, Operation, Ports, Run
from keyservice.operations.record import Recording
from keyservice.operations.shapes import prepare_reader
from keyservice.store.port import Change

log = logging.getLogger("keyservice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request as `wire` hands it in: its operation's row, the signed bytes, and the means to read its input."""

    operation: Operation[Any, Any]
    signed: SignedRequest
    read_body: Callable[[], Mapping[str, object]]
    request_id: str
    source_ip: str
    user_agent: str
    is_secure: bool


class Service:
    """The pipeline, over its ports."""

    def __init__(self, ports: Ports, authenticator: Authenticator, trail: Trail, clock: Clock) -> None:
        self._ports = ports
        self._authenticator = authenticator
        self._trail = trail
        self._clock = clock

    async def answer(self, incoming: Incoming) -> object:
        """Answer a call with the operation's output (None where it has none).

        Raises:
            ServiceError: what the caller is told instead. Either way the call is on the trail before this returns.
        """
        now = self._clock.now()
        recording = Recording(incoming.operation, incoming, now, self._ports)
        try:
            output = await self._call(incoming, now, recording)
            if incoming.operation.kind is not Kind.CHANGE:
                await self._trail.append(recording.line(output))
        except ServiceError as error:
            await self._record_failure(recording, error)
            raise
        except Exception as error:
            # A fault of ours. The caller is told no more than that; the log has its kind, never its values.
            log.exception("request %s failed", incoming.request_id, exc_info=_without_values(error))
            internal = KMS_INTERNAL()
            await self._record_failure(recording, internal)
            raise internal from None
        return output

    async def _call(self, incoming: Incoming, now: float, recording: Recording) -> object:
        operation = incoming.operation
        caller = self._authenticator.authenticate(incoming.signed, now, operation.service)
        recording.caller = caller
        given = prepare_reader(operation.input)(incoming.read_body())
        recording.given = given
        run = Run(ports=self._ports, caller=caller, now=now, source_ip=incoming.source_ip, is_secure=incoming.is_secure)
        run = replace(run, targets=operation.locate(run, given))
        recording.targets = run.targets
        self._authorize(incoming, run, given, recording)
        _guard(operation, run)
        if getattr(given, "dry_run", False):
            raise DRY_RUN()
        if operation.apply is not None:
            return await asyncio.to_thread(self._change, operation, run, given, recording)
        if operation.answer is None:
            raise KMS_INTERNAL()
        return operation.answer(run, given)

    def _authorize(self, incoming: Incoming, run: Run, given: object, recording: Recording) -> None:
        """Put every target before the engine; the first refusal ends the call."""
        facts = CallFacts(
            now=run.now,
            region=self._ports.region,
            source_ip=run.source_ip,
            user_agent=incoming.user_agent,
            secure_transport=run.is_secure,
            offered=incoming.operation.offers(given),
            encryption_context=getattr(given, "encryption_context", None),
        )
        for target in run.targets:
            verdict = self._ports.authorizer.decide(run.caller, target, facts)
            recording.verdicts.append(verdict)
            if not verdict.decision.is_allowed:
                raise verdict.refusal()

    def _change(self, operation: Operation[Any, Any], run: Run, given: object, recording: Recording) -> object:
        """Run a changing operation in a transaction, which commits its audit record with it."""
        if operation.apply is None:
            raise KMS_INTERNAL()
        with self._ports.store.change() as change:
            # Between authorization and this transaction another may have changed the key: it is read again, and its
            # state looked at again, now that nobody else can write.
            run = _refreshed(run, change)
            _guard(operation, run)
            output = operation.apply(run, change, given)
            change.append_trail(recording.line(output))
        return output

    async def _record_failure(self, recording: Recording, error: ServiceError) -> None:
        recording.error = error
        await self._trail.append(recording.line(None))


def _refreshed(run: Run, change: Change) -> Run:
    targets = tuple(
        replace(target, key=change.key(target.key.region, target.key.key_id) or target.key) if target.key else target
        for target in run.targets
    )
    return replace(run, targets=targets)


def _guard(operation: Operation[Any, Any], run: Run) -> None:
    """Refuse a key whose state or usage does not let the operation through."""
    for target in run.targets:
        if target.key is None:
            continue
        refusal = refuse_by_state(operation.states, target.key)
        if refusal is not None:
            raise refusal
        if operation.usage is not None and target.key.usage is not operation.usage:
            raise INVALID_KEY_USAGE(
                detail=f"{target.key.arn} key usage is {target.key.usage} which is not valid for {operation.name}."
            )


def _without_values(error: Exception) -> Exception:
    """The error without its message, which may hold what the caller sent; its traceback shows only our own lines."""
    return type(error).__new__(type(error)).with_traceback(error.__traceback__)
