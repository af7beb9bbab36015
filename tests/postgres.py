"""A real PostgreSQL for the tests: a server of the test's own in a temporary directory, as Debian's package has it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

_PLACES = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local"]


def _binaries():
    """The directory of the newest server's programs, None if there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    everywhere = [path.parent for place in _PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(
        everywhere, key=lambda path: [int(part) for part in path.parent.name.split(".") if part.isdigit()], default=None
    )


BINARIES = _binaries()

needs_postgres = pytest.mark.skipif(
    BINARIES is None, reason="PostgreSQL is not installed, which this test needs: apt-get install postgresql"
)

_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 32MB
max_connections = 200
autovacuum_naptime = 10s
log_min_messages = error
"""


@dataclass(kw_only=True)
class Postgres:
    """A server; `start` after `stop` or `kill` brings it back with what it had."""

    path: Path
    port: int
    process: subprocess.Popen | None = None
    _names: count = field(default_factory=count)

    @property
    def address(self):
        return f"postgresql://wardkey@127.0.0.1:{self.port}"

    def database(self):
        """The URL of a new, empty database."""
        name = f"keys{next(self._names)}"
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{self.address}/{name}"

    def emptied(self, url):
        """The same database with everything taken out that a store had put there, which is quicker than a new one."""
        with psycopg.connect(url, autocommit=True) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = {name for (name,) in tables} - {"version", "wardkey_schema"}
            if names:
                connection.execute("UPDATE version SET number = 0")
                connection.execute("; ".join(f'DELETE FROM "{name}"' for name in names))
                connection.execute(
                    "ALTER TABLE trail ALTER serial RESTART; ALTER TABLE backing_key ALTER serial RESTART"
                )
        return url

    def set(self, name, value):
        """A setting of the running server."""
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)

    def start(self):
        log = (self.path / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [*_as_nobody(), BINARIES / "postgres", "-D", self.path / "data"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(f"{self.address}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self.path / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, number=signal.SIGINT):
        """A fast shutdown: clients are cut off (PostgreSQL documentation, "Shutting Down the Server")."""
        self.process.send_signal(number)
        self.process.wait(20)

    def restart(self):
        self.stop()
        self.start()

    @contextmanager
    def frozen(self):
        """Neither the server nor any of its processes does anything, as if the network to it were cut."""
        members = [self.process.pid, *_children(self.process.pid)]
        for pid in members:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in members:
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    continue


def _children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _as_nobody():
    """The server refuses to be run by root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running_postgres():
    """A new server, with nothing in it, for as long as the block lasts."""
    path = Path(tempfile.mkdtemp(prefix="wardkey-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(path, "postgres", "postgres")
        path.chmod(0o700)
        initdb = ["--auth=trust", "--username=wardkey", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [*_as_nobody(), BINARIES / "initdb", "-D", path / "data", *initdb],
            check=True,
            capture_output=True,
            cwd=path,
        )
        port = free_port()
        with (path / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(f"{_CONFIGURATION}port = {port}\n")
        server = Postgres(path=path, port=port)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # without a last look at its files, which go now
    finally:
        shutil.rmtree(path, ignore_errors=True)
