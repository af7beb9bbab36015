"""One pass of a job over all keys that it is due for: a fault with one key is told, and stops no other."""

import logging
import traceback
from collections.abc import Callable, Iterator

from keyservice.jobs.job import Done, Job
from keyservice.model.job_run import JobRun
from keyservice.model.key import BackingKey
from keyservice.model.schedule import is_due
from keyservice.operations.operation import Ports
from keyservice.operations.record import internal_line
from keyservice.store.port import DueKey, Store

log = logging.getLogger("keyservice")

PAGE = 100
"""Keys that are looked up at once; each is changed in a transaction of its own."""


def sweep(
    job: Job, ports: Ports, now: float, *, goes_on: Callable[[], bool], forgotten: list[BackingKey] | None = None
) -> JobRun:
    """Do the job for every key that it is due for at `now`, the longest due first; `goes_on` is asked before each.

    What the key store was told to forget is added to `forgotten`.
    """
    done, failed, fault = 0, 0, None
    for due in _due(job, ports.store, now):
        if not goes_on():
            break
        try:
            outcome = _do(job, ports, due, now)
            if outcome is None:
                continue
            done += 1
            if forgotten is not None:
                forgotten += outcome.forgotten
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one key, the others have their due
            failed += 1
            fault = f"{due.key_id} in {due.region}: {type(error).__qualname__}"
            _tell(job, due, error)
    return JobRun(name=job.duty, ran=now, done=done, failed=failed, fault=fault)


def _due(job: Job, store: Store, now: float) -> Iterator[DueKey]:
    """The keys, page by page; what has failed stays due, so each page begins after the last one's end."""
    after: DueKey | None = None
    while page := store.due_keys(job.duty, until=now, after=after, limit=PAGE):
        yield from page
        after = page[-1]


def _do(job: Job, ports: Ports, due: DueKey, now: float) -> Done | None:
    """Do the job for one key, unless it has changed meanwhile and is not due any more: then None."""
    with ports.store.change() as change:
        key = change.key(due.region, due.key_id)
        if key is None or not is_due(job.duty, key, now):
            return None
        done = job.run(change, key, ports, now)
        for echo in done.echoes:
            change.append_trail(internal_line(echo, now=now, event_id=ports.fresh_id()))
    ports.keystore.forget(done.forgotten)
    return done


def _tell(job: Job, due: DueKey, error: Exception) -> None:
    """Log the kind and place of a fault; not its message, which might hold what is no one's to read."""
    place = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s of key %s in %s failed: %s\n%s", job.duty, due.key_id, due.region, type(error).__qualname__, place)
