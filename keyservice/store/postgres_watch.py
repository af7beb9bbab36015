"""What a node knows of its database without asking: its version, what changed, and that it is there at all.

A thread with a connection of its own listens for what the other nodes' changes announce (NOTIFY) and asks for the
version several times a second. Invariant: an answer from memory is never older than `BOUND`. Whoever asks later than
that after the last question that was answered is refused, which costs the hot path no more than reading a clock.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing

import orjson
import psycopg

from keyservice.store.port import Name, StoreError
from keyservice.store.postgres_pool import Connection, told

log = logging.getLogger("keyservice")

BOUND = 0.9
"""Seconds: what is answered from memory was true that long ago at most. The call in hand has the rest of the second."""

EVERY = 0.2
"""Seconds between two questions for the version."""

PAUSE = 0.1
"""Seconds between two attempts to connect."""

_REMEMBERED = 1000  # changes of which it is known what they touched
_LONGEST = 7000  # bytes of an announcement; PostgreSQL takes less than 8000 (documentation, "NOTIFY")

# A database may hold several stores, each in a schema of its own: they share neither channel nor leader.
_PLACE = "current_schema()::regnamespace::oid"
_LEADER = 0x57444B4C  # the first half of an advisory lock's number; the schema's is the other
_LOOK = "SELECT number FROM version"
_LOOK_AND_LEAD = f"SELECT number, pg_try_advisory_lock({_LEADER}, {_PLACE}::int) FROM version"  # noqa: S608 - names of our own
ANNOUNCE = f"SELECT pg_notify('wardkey_' || {_PLACE}, {{}}); COMMIT"
# A node that was stopped does not lead for ever.
_BEGIN = """
SET statement_timeout = '2s';
SET idle_session_timeout = '5s';
"""


def moment() -> float:
    """Seconds on a clock that goes on while the machine is suspended, where there is one."""
    return time.clock_gettime(_CLOCK)


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def announcement(version: int, touched: frozenset[Name]) -> str:
    """What a change tells the other nodes: its version, and what it touched unless that is too much to tell."""
    text = orjson.dumps([version, sorted(touched)])
    return (text if len(text) <= _LONGEST else orjson.dumps([version, None])).decode()


class Watch:
    """Watches one database, from `start` on."""

    def __init__(self, connect: Callable[[], Connection], *, lead: bool = True) -> None:
        self._connect = connect
        self._look = _LOOK_AND_LEAD if lead else _LOOK
        self._lock = threading.Lock()
        self._seen = -1
        self._reached = float("-inf")
        self._fault = "not asked yet"
        self._names: dict[int, frozenset[Name]] = {}
        self._leads = False
        self._forgetters: list[Callable[[], None]] = []
        self._closing = threading.Event()

    def start(self) -> None:
        """Begin to watch; returns when the database has answered once. Raises psycopg.Error."""
        connection = self._open()
        threading.Thread(target=self._run, args=(connection,), name="store-watch", daemon=True).start()

    def stop(self) -> None:
        """Have the thread end."""
        self._closing.set()

    def check(self) -> None:
        """Raise StoreError if the database has not answered for `BOUND` seconds."""
        if moment() - self._reached > BOUND:
            raise StoreError(f"the database cannot be reached: {self._fault}")

    def version(self) -> int:
        """The highest version known; raises StoreError if it may be older than `BOUND`."""
        self.check()
        return self._seen

    def touched(self, after: int, until: int) -> frozenset[Name] | None:
        """What the changes after one version and up to another touched; None if that is not known of all of them."""
        with self._lock:
            parts = [self._names.get(version) for version in range(max(after, until - _REMEMBERED) + 1, until + 1)]
        if len(parts) < until - after or None in parts:
            return None
        return frozenset().union(*(part for part in parts if part is not None))

    def leads(self) -> bool:
        """Whether this node holds the leader's lock, as of the last answer."""
        return self._leads and moment() - self._reached <= BOUND

    def on_gap(self, forget: Callable[[], None]) -> None:
        """Have `forget` called after the connection was lost: what answers then may be an older copy."""
        self._forgetters.append(forget)

    def saw(self, version: int, touched: frozenset[Name] | None) -> None:
        """Take notice of a change, of this node's own or of another's."""
        with self._lock:
            self._seen = max(self._seen, version)
            if touched is not None:
                self._names[version] = touched
                if len(self._names) > _REMEMBERED:
                    del self._names[next(iter(self._names))]

    def _run(self, connection: Connection | None) -> None:
        while not self._closing.is_set():
            try:
                connection = connection or self._open()
                with closing(connection):
                    while not self._closing.is_set():
                        self._listen(connection)
                        self._ask(connection)
            except (psycopg.Error, StoreError) as error:
                self._lost(told(error))
            except Exception as error:  # a thread that ends would leave the node cut off for good
                log.exception("the database could not be watched")
                self._lost(type(error).__name__)
            connection = None
            self._closing.wait(PAUSE)

    def _open(self) -> Connection:
        """A connection that listens, after which nothing of the time before it is taken for known."""
        connection = self._connect()
        try:
            connection.limit = 1.0
            connection.execute(_BEGIN)
            ((place,),) = connection.execute(f"SELECT {_PLACE}").fetchall()
            connection.execute(f"LISTEN wardkey_{place}")
            with self._lock:
                self._names.clear()
                self._seen = -1
            for forget in self._forgetters:
                forget()
            self._ask(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _listen(self, connection: Connection) -> None:
        for notice in connection.notifies(timeout=EVERY):
            version, touched = orjson.loads(notice.payload)
            self.saw(version, None if touched is None else frozenset(map(tuple, touched)))

    def _ask(self, connection: Connection) -> None:
        begun = moment()
        number, *led = connection.execute(_LOOK if self._leads else self._look).fetchall()[0]
        self.saw(number, None)
        self._leads = self._leads or bool(led and led[0])
        self._reached = begun

    def _lost(self, fault: str) -> None:
        self._leads = False
        self._fault = fault
