"""Bucket keys while they are in use: kept for a while, for one requester and one purpose each.

Source: S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys".
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

WINDOW = 300.0  # seconds; S3 says only that the period is limited
_MOST = 1000  # keys in memory

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """For whom a bucket key was fetched: "a unique bucket-level key is fetched at least once per requester" (there).

    "Requesters are considered to be different requesters when they use different roles or accounts, or when they use
    the same role with different scoping policies" (there). A session's policies come and go with its credentials, which
    `credentials` is the hash of: access key id and session token, as the caller signed them.
    """

    user_id: str
    credentials: str


class BucketKeyCache(Generic[Kept]):
    """What was fetched from the key service, by what and for whom; forgotten when its window has passed.

    What is kept for writing is not there for reading: GenerateDataKey and Decrypt are two permissions.
    """

    def __init__(self, clock: Callable[[], float], window: float = WINDOW) -> None:
        self._clock = clock
        self._window = window
        self._kept: dict[Hashable, tuple[float, Kept]] = {}
        self._lock = threading.Lock()

    def get(self, requester: Requester, what: Hashable) -> Kept | None:
        """What was kept for the requester, if its window has not passed."""
        with self._lock:
            until, kept = self._kept.get((requester, what), (0.0, None))
            return kept if self._clock() < until else None

    def put(self, requester: Requester, what: Hashable, fetched: Kept) -> None:
        """Keep what was fetched, from now on for a window; an old one is not renewed by its use."""
        with self._lock:
            now = self._clock()
            self._kept = {name: entry for name, entry in self._kept.items() if now < entry[0]}
            while len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[requester, what] = (now + self._window, fetched)
