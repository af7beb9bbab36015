"""Time, at the edge: everything below the edge takes a moment as an argument, in epoch seconds."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the service gets its time from."""

    def now(self) -> float:
        """The moment, in epoch seconds (UTC)."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """The moment, in epoch seconds."""
        return time.time()


class SettableClock:
    """A clock that stands still until it is moved: for tests and rehearsals of rotation and deletion."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def now(self) -> float:
        """The moment it was set to, in epoch seconds."""
        return self.moment

    def advance(self, seconds: float) -> None:
        """Move on by a number of seconds."""
        self.moment += seconds
