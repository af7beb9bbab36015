"""`keyservice jobs`: what the jobs did last and have to do next, told by the running service or read from the store."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keyservice.identity.control import ControlError, Handler, Message, call
from keyservice.jobs.clockwork import Clockwork
from keyservice.jobs.job import JOBS
from keyservice.model.job_run import JobRun
from keyservice.model.schedule import Duty
from keyservice.store.port import DueKey, Store, StoreError

COMMAND = "jobs"
FOREVER = float("inf")
MOST_NEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """A key that a job has to do with, and when (epoch seconds)."""

    due: float
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """A job: what it does, what it did when it last had something to do, and the keys that come next."""

    name: str
    does: str
    last: JobRun | None
    next: tuple[NextDue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReport:
    """All jobs; `last_look` is when the running service looked after them (epoch seconds), None if none runs."""

    jobs: tuple[JobReport, ...]
    last_look: float | None = None


def jobs_here(store: Store, *, limit: int) -> JobsReport:
    """The jobs as a store has them, with up to `limit` keys that come next for each."""
    last = {run.name: run for run in store.job_runs()}
    return JobsReport(
        jobs=tuple(
            JobReport(name=duty, does=job.does, last=last.get(duty), next=_next(store, duty, limit))
            for duty, job in JOBS.items()
        )
    )


def jobs_there(socket: Path, *, limit: int, run: bool) -> JobsReport:
    """The same from the running service, which does what is due before if it is to `run`. Raises ControlError."""
    answer: dict[str, Any] = call(socket, {"command": COMMAND, "limit": limit, "run": run}, timeout=600.0)
    return JobsReport(jobs=tuple(map(_read, answer["jobs"])), last_look=answer["last_look"])


def handler(store: Store, clockwork: Clockwork) -> Handler:
    """What the running service answers to the command."""

    def answer(message: Message) -> Message:
        limit = message.get("limit")
        if not isinstance(limit, int) or not 0 <= limit <= MOST_NEXT:
            raise ControlError([f"expected a limit from 0 to {MOST_NEXT}"])
        try:
            if message.get("run") is True:
                clockwork.run_due()
            report = jobs_here(store, limit=limit)
        except StoreError as error:
            raise ControlError([str(error)]) from None
        return {"jobs": [asdict(job) for job in report.jobs], "last_look": clockwork.last_look}

    return answer


def _next(store: Store, duty: Duty, limit: int) -> tuple[NextDue, ...]:
    found = store.due_keys(duty, until=FOREVER, after=None, limit=limit)
    return tuple(NextDue(due=due.due, key=_arn(store, due)) for due in found)


def _arn(store: Store, due: DueKey) -> str:
    key = store.key(due.region, due.key_id)
    return key.arn if key else due.key_id


def _read(job: dict[str, Any]) -> JobReport:
    last = job["last"]
    return JobReport(
        name=job["name"],
        does=job["does"],
        last=JobRun(**last) if last else None,
        next=tuple(NextDue(**each) for each in job["next"]),
    )
