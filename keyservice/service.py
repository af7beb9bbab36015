"""One call through the service, top to bottom: authenticate, read input, locate, authorize, guard, run, record.

No operation runs but through here, so none runs unauthorised, unaudited or unmetered.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from keyservice.audit.trail import Trail, TrailError
from keyservice.auth.authenticate import Authenticator
from keyservice.auth.caller import Caller
from keyservice.auth.grant_tokens import open_grant_token
from keyservice.auth.session_limits import refuse_by_session
from keyservice.auth.signed_request import SignedRequest
from keyservice.authorize.authorizer import Verdict
from keyservice.authorize.context import CallFacts
from keyservice.authorize.denial import encode_denial
from keyservice.authorize.target import Target
from keyservice.clock import Clock
from keyservice.errors import (
    CIPHERTEXT_ACCESS_DENIED,
    DRY_RUN,
    INVALID_KEY_USAGE,
    KEY_NOT_FOUND,
    KMS_INTERNAL,
    THROTTLING,
    ServiceError,
)
from keyservice.metering.request_quotas import RequestQuotas
from keyservice.model.imports import as_of
from keyservice.model.states import refuse_by_state
from keyservice.operations.aws_managed_keys import make_managed_key, managed_key_wanted
from keyservice.operations.custom_keys import as_it_stands
from keyservice.operations.operation import Operation, Ports, Run
from keyservice.operations.record import Recording
from keyservice.store.port import Change, StoreError
from keyservice.values import call_value

log = logging.getLogger("keyservice")

HSM_THREADS = 16
XKS_THREADS = 32
ANALYSIS_THREADS = 2  # they take turns with all others for the interpreter


@call_value
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

    def __init__(
        self,
        ports: Ports,
        authenticator: Authenticator,
        trail: Trail,
        clock: Clock,
        quotas: RequestQuotas | None = None,
    ) -> None:
        self._quotas = quotas
        self._ports = ports
        self._authenticator = authenticator
        self._trail = trail
        self._clock = clock
        # Threads of their own: an HSM that does not answer keeps no other call waiting.
        self._hsm_threads = ThreadPoolExecutor(HSM_THREADS, thread_name_prefix="hsm")
        self._xks_threads = ThreadPoolExecutor(XKS_THREADS, thread_name_prefix="xks")
        self._analysis_threads = ThreadPoolExecutor(ANALYSIS_THREADS, thread_name_prefix="analysis")

    async def answer(self, incoming: Incoming) -> object:
        """Answer a call with the operation's output (None where it has none).

        Raises:
            ServiceError: what the caller is told instead. Either way the call is on the trail before this returns; if
                the trail cannot be written, it is KMSInternalException, whatever came of the call.
        """
        recording = Recording(incoming.operation, incoming, self._clock.now(), self._ports)
        try:
            return await self._recorded(incoming, recording)
        except ServiceError:
            raise
        except Exception as error:  # noqa: BLE001 - the trail failed, or we: the caller is told no more than that
            raise _fault_of_ours(error, incoming.request_id) from None

    async def _recorded(self, incoming: Incoming, recording: Recording) -> object:
        """Make the call, and append what came of it to the trail.

        A change that succeeded has committed its record with it. Calls that nobody signed are recorded too, under no
        identity. Unlike AWS, which leaves them out: whoever watches the trail sees keys being guessed.
        """
        try:
            output = await self._call(incoming, recording)
            if incoming.operation.apply is None:
                await self._trail.append(recording.line(output))
        except Exception as error:  # noqa: BLE001 - whatever it was is recorded, and then told
            failure = error if isinstance(error, ServiceError) else _fault_of_ours(error, incoming.request_id)
            recording.error = failure
            await self._trail.append(recording.line(None))
            raise failure from None
        return output

    async def _call(self, incoming: Incoming, recording: Recording) -> object:
        operation, now = incoming.operation, recording.now
        caller, given = await self._identified(incoming, recording)
        run = Run(
            ports=self._ports,
            caller=caller,
            region=recording.region,
            now=now,
            source_ip=incoming.source_ip,
            is_secure=incoming.is_secure,
            operation=operation.name,
            request_id=incoming.request_id,
        )
        wanted = managed_key_wanted(run, given)
        if wanted is not None:
            await asyncio.to_thread(make_managed_key, run, wanted)
        for token in getattr(given, "grant_tokens", ()):
            open_grant_token(self._ports.domain_key, token)  # its grant counts whether the token is shown or not
        run.targets = recording.targets = tuple(_as_of(target, now) for target in operation.locate(run, given))
        self._count(operation, run, given)
        await self._authorize(incoming, run, given, recording)
        _guard(operation, run)
        operation.check(run, given)
        if getattr(given, "dry_run", False):
            raise DRY_RUN()
        if operation.apply is not None:
            return await asyncio.to_thread(self._change, operation, run, given, recording)
        if operation.answer is None:
            raise KMS_INTERNAL()
        if any(target.key and target.key.custom_key_store_id for target in run.targets):
            is_external = any(target.key and target.key.xks_key_id for target in run.targets)
            threads = self._xks_threads if is_external else self._hsm_threads
            return await asyncio.get_running_loop().run_in_executor(threads, operation.answer, run, given)
        if operation.is_analysis:
            return await asyncio.get_running_loop().run_in_executor(
                self._analysis_threads, operation.answer, run, given
            )
        if operation.is_slow(given):
            return await asyncio.to_thread(operation.answer, run, given)
        return operation.answer(run, given)

    def _count(self, operation: Operation[Any, Any], run: Run, given: object) -> None:
        """Count the call against the caller's request quotas, whether or not it is going to be allowed."""
        if self._quotas is None:
            return
        key = run.targets[0].key if run.targets else None
        spec, pair_spec = key.spec if key else None, getattr(given, "key_pair_spec", None)
        if not self._quotas.take(run.now, run.caller.account, run.region, operation.name, spec, pair_spec):
            raise THROTTLING()

    async def _identified(self, incoming: Incoming, recording: Recording) -> tuple[Caller, Any]:
        """Who calls, and with what input: read once the signature has held, or read to find out who calls."""
        operation = incoming.operation
        if operation.identify is not None:
            given = recording.given = operation.read(incoming.read_body())
            recording.caller = await asyncio.to_thread(operation.identify, self._ports, given, recording.now)
            return recording.caller, given
        signed = self._authenticator.authenticate(incoming.signed, recording.now, operation.service)
        recording.caller, recording.region = signed.caller, signed.region
        refuse_by_session(signed.caller, operation.service, operation.name)
        given = recording.given = operation.read(incoming.read_body())
        return signed.caller, given

    async def _authorize(self, incoming: Incoming, run: Run, given: object, recording: Recording) -> None:
        """Put every target before the engine; the first refusal ends the call."""
        if not run.targets:
            raise KMS_INTERNAL()  # nothing runs that nobody was asked about
        facts = CallFacts(
            now=run.now,
            region=run.region,
            source_ip=run.source_ip,
            user_agent=incoming.user_agent,
            secure_transport=run.is_secure,
            offered=incoming.operation.offers(given),
            encryption_context=getattr(given, "encryption_context", None),
        )
        for target in run.targets:
            if target.key and target.account != run.caller.account and not incoming.operation.cross_account:
                raise CIPHERTEXT_ACCESS_DENIED()  # in the words for a key that does not exist
            verdict = await self._ports.authorizer.decide(run.caller, target, facts)
            recording.verdicts.append(verdict)
            if not verdict.decision.is_allowed:
                raise self._refusal(verdict, run)

    def _refusal(self, verdict: Verdict, run: Run) -> ServiceError:
        """What the caller is told, and sealed beside it what the caller may not be allowed to know."""
        refusal = verdict.refusal()
        refusal.denial = encode_denial(
            self._ports.domain_key, run.caller, verdict.request, verdict.decision, random=self._ports.random
        )
        return refusal

    def _change(self, operation: Operation[Any, Any], run: Run, given: object, recording: Recording) -> object:
        """Run a changing operation in a transaction, which commits its audit record with it."""
        if operation.apply is None:
            raise KMS_INTERNAL()
        if operation.prepare is not None:
            run.prepared = operation.prepare(run, given)
        with self._ports.store.change() as change:
            # Between authorization and this transaction another may have changed the key: it is read again, and its
            # state looked at again, now that nobody else can write.
            run.targets = tuple(_as_of(_as_it_is_now(target, change), run.now) for target in run.targets)
            _guard(operation, run)
            operation.check(run, given)
            output = operation.apply(run, change, given)
            for line in (recording.line(output), *recording.echoed(run.echoes)):
                change.append_trail(line)
        self._ports.keystore.forget(run.forgotten)
        return output


def _as_it_is_now(target: Target, change: Change) -> Target:
    if target.key is None:
        return target
    key = change.key(target.key.region, target.key.key_id)
    if key is None:
        raise KEY_NOT_FOUND(arn=target.key.arn)
    return replace(target, key=key)


def _as_of(target: Target, now: float) -> Target:
    """The target with its key in the state that it has at `now`: what has expired is not used until a job erases it."""
    key = target.key
    if key is None or key.expiry is None:
        return target
    return replace(target, key=as_of(key, now))


def _guard(operation: Operation[Any, Any], run: Run) -> None:
    """Refuse a key whose state or usage does not let the operation through."""
    for target in run.targets:
        if target.key is None:
            continue
        refusal = refuse_by_state(operation.states, as_it_stands(run, target.key))
        if refusal is not None:
            raise refusal
        if operation.usage is not None and target.key.usage is not operation.usage:
            raise INVALID_KEY_USAGE(
                detail=f"{target.key.arn} key usage is {target.key.usage} which is not valid for {operation.name}."
            )


def _fault_of_ours(error: Exception, request_id: str) -> ServiceError:
    """What the caller is told of a fault of ours: nothing. The log has its kind and place.

    Its message stays out of the log, for it may hold what the caller sent; a traceback's lines are our own code. While
    store or trail are out of reach every call fails, and the place says nothing new.
    """
    if isinstance(error, StoreError | TrailError):
        log.error("request %s failed: %s", request_id, type(error).__qualname__)
        return KMS_INTERNAL()
    place = "".join(traceback.format_tb(error.__traceback__))
    log.error("request %s failed: %s\n%s", request_id, type(error).__qualname__, place)
    return KMS_INTERNAL()
