"""The clockwork of a served process: it looks at short intervals what is due, does it, and catches up when it starts.

The work is done in a thread, one key at a time, so that neither the event loop nor anybody's call waits for more than
one of its transactions. Of several nodes on one store, the one that leads does it; should two do so for a moment, each
transaction looks again whether its key is due.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping

from keyservice.clock import Clock
from keyservice.jobs.job import JOBS
from keyservice.jobs.sweep import sweep
from keyservice.model.job_run import JobRun
from keyservice.model.key import BackingKey
from keyservice.model.schedule import Duty
from keyservice.operations.operation import Ports

log = logging.getLogger("keyservice")

INTERVAL = 10.0
"""Seconds between two looks; each costs a look-up in an index a job."""

PAUSE = 0.001
"""Seconds between two keys, in which others may change the store."""


class Clockwork:
    """Does the jobs of one process. `run_due` may be called from any thread; `run` is the task that calls it."""

    def __init__(self, ports: Ports, clock: Clock, *, interval: float = INTERVAL) -> None:
        self._ports = ports
        self._clock = clock
        self._interval = interval
        self._running = threading.Lock()
        self._stopping = threading.Event()
        self._stopped = asyncio.Event()
        self._forgotten: list[BackingKey] = []
        self.last_look: float | None = None

    def run_due(self) -> Mapping[Duty, JobRun]:
        """Do everything that is due now; what was done for how many keys, and for how many it failed."""
        with self._running:
            now = self._clock.now()
            self._forget_again()
            runs = {
                duty: sweep(job, self._ports, now, goes_on=self._goes_on, forgotten=self._forgotten)
                for duty, job in JOBS.items()
            }
            self._keep(tuple(run for run in runs.values() if run.done or run.failed))
            self._drop_wrapping_keys(now)
            self._ports.store.scrub()
            self.last_look = now
        return runs

    async def run(self) -> None:
        """Look after the jobs at once and then at every interval, until `stop` is called."""
        while not self._stopping.is_set():
            try:
                if self._ports.store.leads():
                    await asyncio.to_thread(self.run_due)
            except Exception:
                log.exception("the jobs could not be looked after")
            try:
                await asyncio.wait_for(self._stopped.wait(), self._interval)
            except TimeoutError:
                continue

    def stop(self) -> None:
        """Begin nothing more: the task of `run` ends with the key in hand. To be called in its event loop."""
        self._stopping.set()
        self._stopped.set()

    def _goes_on(self) -> bool:
        return not self._stopping.wait(PAUSE)

    def _forget_again(self) -> None:
        """Have the key store forget once more what the last look erased.

        A call that was under way then may have read the record before it went, and unwrapped the material after.
        """
        lately, self._forgotten = self._forgotten, []
        self._ports.keystore.forget(backing for backing in lately if backing.custom_key_store_id is None)

    def _drop_wrapping_keys(self, now: float) -> None:
        """Erase the private halves of wrapping keys that nothing can be imported with any more.

        Source: KMS API Reference, "GetParametersForImport" (valid for 24 hours).
        """
        first_expiry = self._ports.store.first_wrapping_key_expiry()
        if first_expiry is not None and first_expiry <= now:
            with self._ports.store.change() as change:
                change.delete_expired_wrapping_keys(now)

    def _keep(self, runs: tuple[JobRun, ...]) -> None:
        """Keep what was done for `keyservice jobs`; a run that found nothing to do is not worth a write."""
        if runs:
            with self._ports.store.change() as change:
                for run in runs:
                    change.put_job_run(run)
