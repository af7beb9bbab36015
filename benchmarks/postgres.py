"""What a store on PostgreSQL costs: commits and reads a second, and reads from the cache, beside SQLite's.

python -m benchmarks.postgres
"""

import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from keyservice.model.key import Key
from keyservice.store.cache import CachedStore
from keyservice.store.postgres import PostgresStore
from keyservice.store.sqlite import SqliteStore
from tests.postgres import running_postgres

SECONDS = 2.0


def rate(call, threads=1):
    """How often a second some threads can make a call."""
    counts = [0] * threads
    end = time.perf_counter() + SECONDS

    def repeat(index):
        while time.perf_counter() < end:
            call(counts[index])
            counts[index] += 1

    running = [threading.Thread(target=repeat, args=(index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / SECONDS


def key(number=0):
    return Key(account="111122223333", region="us-east-1", key_id=str(number % 1000), created=0.0, policy="{}" * 500)


def measure(name, store, *, interval):
    def commit(number):
        with store.change() as change:
            change.put_key(key(number))
            change.append_trail(b"{}" * 400)

    print(f"{name}: {rate(commit):,.0f} commits/s", end="; ")
    print(f"{rate(commit, threads=4):,.0f} from 4 threads", end="; ")
    print(f"{rate(lambda number: store.key('us-east-1', str(number % 1000))):,.0f} reads/s", end="; ")
    cached = CachedStore(store, interval=interval)
    cached.key("us-east-1", "0")
    print(f"{rate(lambda _: cached.key('us-east-1', '0')):,.0f} from the cache")


def main():
    with tempfile.TemporaryDirectory() as path:
        with closing(SqliteStore.open(Path(path) / "store.db", create=True)) as store:
            measure("SQLite", store, interval=0.25)
        with running_postgres() as server, closing(PostgresStore.open(server.database())) as store:
            measure("PostgreSQL", store, interval=0.05)


if __name__ == "__main__":
    main()
