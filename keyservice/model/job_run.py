"""What a job did when it last had something to do, as it is kept for those who ask."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """One run of a job: when (epoch seconds), how many keys it was done with, for how many it failed, and why."""

    name: str
    ran: float
    done: int = 0
    failed: int = 0
    fault: str | None = None
