"""What SQLite adds to the Store contract: files, damage, one writer, threads, kill -9."""

import gc
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from keyservice.model.identity import Account
from keyservice.model.key import ImportedExpiry, Key, KeyState, Rotation
from keyservice.model.schedule import Duty
from keyservice.store import schema
from keyservice.store.port import DueKey, StoreError
from keyservice.store.rows import DUE_COLUMNS, RELATED_KEYS, encode
from keyservice.store.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def fill(path: Path, accounts: int) -> None:
    with closing(SqliteStore.open(path, create=True)) as store, store.change() as change:
        for number in range(accounts):
            change.put_account(Account(id=f"{number:012}"))


def test_a_missing_file_is_an_error_unless_it_may_be_created(path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        SqliteStore.open(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_files_of_a_store_are_for_their_owner_alone(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with closing(SqliteStore.open(path, create=True)) as store:
            with store.change() as change:
                change.put_account(Account(id="1"))
            assert store.account("1") is not None
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600, "store.db.lock": 0o600} == modes


def test_a_file_that_others_can_read_is_refused(path: Path) -> None:
    fill(path, 1)
    path.chmod(0o644)
    with pytest.raises(StoreError, match=r"mode 0644\): expected 0600"):
        SqliteStore.open(path, create=False)


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "content", [b"a line of text\n" * 100, b"\x00" * 5000, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(path: Path, content: bytes, read_only: bool) -> None:
    write(path, content)
    with pytest.raises(StoreError) as caught:
        SqliteStore.open(path, create=True, read_only=read_only)
    assert "\n" not in str(caught.value)
    assert content == path.read_bytes()


def test_a_directory_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="no regular file"):
        SqliteStore.open(path, create=True)


@pytest.mark.parametrize("kept", [100, 4096, 5000, 3 * 4096, 0.5, 0.99])
def test_a_file_cut_short_is_refused(path: Path, kept: float) -> None:
    fill(path, 5000)
    content = path.read_bytes()
    write(path, content[: int(kept if kept > 1 else kept * len(content))])
    with pytest.raises(StoreError) as caught:
        SqliteStore.open(path, create=False)
    assert "\n" not in str(caught.value)


def test_a_file_with_a_damaged_page_is_refused(path: Path) -> None:
    fill(path, 5000)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    write(path, bytes(content))
    with pytest.raises(StoreError, match=r"damaged|malformed"):
        SqliteStore.open(path, create=False)


@pytest.mark.parametrize("record", [b"not json", b"[]", b"{}", b'{"id": "1", "field_of_a_later_release": 1}'])
def test_a_record_that_cannot_be_understood_is_an_error_that_does_not_show_it(path: Path, record: bytes) -> None:
    fill(path, 1)
    with closing(sqlite3.connect(path)) as meddler:
        meddler.execute("UPDATE account SET record = ?", (record,))
        meddler.commit()
    with closing(SqliteStore.open(path, create=False)) as store:
        for read in (lambda: store.account("000000000000"), store.accounts):
            with pytest.raises(StoreError) as caught:
                read()
            assert "a record of table `account` cannot be read" in str(caught.value)
            assert "later" not in str(caught.value)


def test_an_empty_file_is_a_new_store(path: Path) -> None:
    write(path, b"")
    with closing(SqliteStore.open(path, create=False)) as store:
        assert 0 == store.version()


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE key (something)")
    path.chmod(0o600)
    with pytest.raises(StoreError, match="not one of this service"):
        SqliteStore.open(path, create=False)


def test_a_newer_schema_is_refused(path: Path) -> None:
    fill(path, 1)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(
        StoreError, match=rf"schema version {schema.VERSION + 1}; this release knows .* {schema.VERSION}"
    ):
        SqliteStore.open(path, create=False)


def test_an_older_schema_is_brought_up_to_date_with_its_records(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, 1)
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, ("CREATE TABLE later (x TEXT) STRICT",)))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(StoreError, match="start the service once"):
        SqliteStore.open(path, create=False, read_only=True)
    with closing(SqliteStore.open(path, create=False)) as store:
        assert Account(id="000000000000") == store.account("000000000000")
    with closing(sqlite3.connect(path)) as found:
        assert (schema.VERSION,) == found.execute("PRAGMA user_version").fetchone()
        assert [] == found.execute("SELECT * FROM later").fetchall()


def test_a_second_writer_is_refused_until_the_first_has_closed(path: Path) -> None:
    first = SqliteStore.open(path, create=True)
    with pytest.raises(StoreError, match="only one may write"):
        SqliteStore.open(path, create=False)
    first.close()
    SqliteStore.open(path, create=False).close()


def test_a_store_opened_for_reading_sees_the_changes_of_the_one_who_serves_it_and_makes_none(path: Path) -> None:
    with (
        closing(SqliteStore.open(path, create=True)) as serving,
        closing(SqliteStore.open(path, create=False, read_only=True)) as reading,
    ):
        with serving.change() as change:
            change.put_account(Account(id="1"))
        assert Account(id="1") == reading.account("1")
        with pytest.raises(StoreError, match="reading alone"), reading.change():
            pass


def test_the_writer_syncs_every_commit_and_readers_neither_write_nor_checkpoint(path: Path) -> None:
    with closing(SqliteStore.open(path, create=True)) as store:
        store.version()
        writer, reader = store._writer, store._local.connection
        assert writer is not None
        pragmas = {
            name: [c.execute(f"PRAGMA {name}").fetchone()[0] for c in (writer, reader)]
            for name in ("journal_mode", "synchronous", "query_only", "wal_autocheckpoint")
        }
        with pytest.raises(sqlite3.OperationalError):
            reader.execute("DELETE FROM account")
    assert {
        "journal_mode": ["wal", "wal"],
        "synchronous": [2, 2],
        "query_only": [0, 1],
        "wal_autocheckpoint": [1000, 0],
    } == pragmas


def test_a_reader_goes_with_its_thread(path: Path) -> None:
    with closing(SqliteStore.open(path, create=True)) as store:
        thread = threading.Thread(target=store.version)
        thread.start()
        thread.join()
        gc.collect()  # a connection and its cache of statements refer to each other
        assert 0 == len(store._readers)


def test_a_full_disk_fails_the_change_and_later_ones_succeed_when_there_is_room_again(path: Path) -> None:
    with closing(SqliteStore.open(path, create=True)) as store:
        assert store._writer is not None
        pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
        store._writer.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="full"), store.change() as change:
            for number in range(1000):
                change.put_account(Account(id=str(number)))
        assert store.healthy
        assert [] == list(store.accounts())
        store._writer.execute("PRAGMA max_page_count = 100000")
        with store.change() as change:
            change.put_account(Account(id="1"))
        assert Account(id="1") == store.account("1")


def test_after_a_failed_write_to_the_file_no_change_is_ever_made_again(path: Path) -> None:
    """A limit on the size of files makes the kernel refuse the write, as a broken disk would."""
    script = """
import resource, signal, sys
from pathlib import Path
from keyservice.model.identity import Account
from keyservice.store.port import StoreError
from keyservice.store.sqlite import SqliteStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore.open(Path(sys.argv[1]), create=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
outcomes = []
for limit in (1, resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        with store.change() as change:
            change.put_account(Account(id="1"))
        outcomes.append("made")
    except StoreError as error:
        outcomes.append("refused")
print(outcomes, store.healthy)
"""
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert ("['refused', 'refused'] False\n", "") == (run.stdout, run.stderr)
    with closing(SqliteStore.open(path, create=False)) as store:
        assert [] == list(store.accounts())


WRITER = """
import sys
from pathlib import Path
from keyservice.model.identity import Account
from keyservice.store.sqlite import SqliteStore
store = SqliteStore.open(Path(sys.argv[1]), create=True)
number = store.version()
while True:
    number += 1
    with store.change() as change:
        change.put_account(Account(id=f"{number:012}"))
        change.append_trail(b"%d" % number)
    print(number, flush=True)
"""


def test_kill_9_loses_no_change_that_was_acknowledged_and_tears_none(path: Path) -> None:
    acknowledged = 0
    for cycle in range(4):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(10 + 37 * cycle)]
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().splitlines(keepends=True)
        acknowledged = max(int(line) for line in (*lines, *rest) if line.endswith("\n"))
        with closing(SqliteStore.open(path, create=False)) as store:
            accounts = [int(account.id) for account in store.accounts()]
            trail = [int(line) for _, line in store.trail(after=0, limit=10_000)]
        assert len(accounts) >= acknowledged
        assert list(range(1, len(accounts) + 1)) == accounts
        assert accounts == trail


def test_a_database_of_the_first_schema_is_taken_to_the_newest_and_keeps_what_it_holds(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for statement in schema.STEPS[0]:
            old.execute(statement)
        old.execute("INSERT INTO account (id, record) VALUES ('1', CAST('{\"id\": \"1\"}' AS BLOB))")
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
    path.chmod(0o600)
    with closing(SqliteStore.open(path, create=False)) as store:
        assert Account(id="1") == store.account("1")
        assert () == store.grants_to("us-east-1", "key", ("anybody",))


@pytest.mark.parametrize(
    ("where", "index"), [("grantee IN (?, ?)", "key_grant_by_grantee"), ("name = ?", "key_grant_by_name")]
)
def test_the_grants_of_one_among_many_grantees_or_names_are_found_by_index(path: Path, where: str, index: str) -> None:
    """What `grants_to` and `grants_named` ask; with ORDER BY SQLite would walk through all grants of the key."""
    query = f"EXPLAIN QUERY PLAN SELECT record FROM key_grant WHERE region = ? AND key_id = ? AND {where}"
    fill(path, 1)
    with closing(sqlite3.connect(path)) as reader:
        (row,) = reader.execute(query, ["x"] * query.count("?")).fetchall()
    assert index in row[3]


def test_the_keys_of_an_id_are_found_by_index(path: Path) -> None:
    """What every description of a multi-Region key asks."""
    fill(path, 1)
    with closing(sqlite3.connect(path)) as reader:
        (row,) = reader.execute(f"EXPLAIN QUERY PLAN {RELATED_KEYS}", ["x"]).fetchall()
    assert "USING INDEX key_by_id" in row[3]


@pytest.mark.parametrize("duty", Duty)
def test_what_is_due_is_found_by_an_index_that_holds_nothing_else(path: Path, duty: Duty) -> None:
    """So that 1,000,000 keys of which 10 are due take as long as 10."""
    due = DUE_COLUMNS[duty]
    fill(path, 1)
    query = (
        f"EXPLAIN QUERY PLAN SELECT {due}, region, key_id FROM key WHERE {due} <= ?"
        f" AND ({due}, region, key_id) > (?, ?, ?) ORDER BY {due}, region, key_id LIMIT ?"
    )
    with closing(sqlite3.connect(path)) as reader:
        (row,) = reader.execute(query, [1.0, 0.0, "", "", 1]).fetchall()
        partial = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'key' AND sql LIKE ?"
        ((index,),) = reader.execute(partial, (f"%({due}, %",)).fetchall()
    assert row[3].startswith(f"SEARCH key USING COVERING INDEX {index.split()[2]} ")
    assert f"WHERE {due} IS NOT NULL" in index


def test_keys_of_an_older_schema_are_due_when_they_were(path: Path) -> None:
    before = next(number for number, step in enumerate(schema.STEPS) if "rotation_due" in step[0])
    base = Key(account="1", region="r", key_id="k", created=1.0, policy="{}")
    rotation = Rotation(since=1.0, next_due=100.5)
    keys = [
        replace(base, key_id="rotates", rotation=rotation),
        replace(base, key_id="replica", rotation=rotation, primary_region="p"),
        replace(base, key_id="disabled", rotation=rotation, state=KeyState.DISABLED),
        replace(base, key_id="leaves", rotation=rotation, state=KeyState.PENDING_DELETION, deletion_date=7.0),
        replace(base, key_id="expires", expiry=ImportedExpiry(next_due=9.0)),
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for step in schema.STEPS[:before]:
            for statement in step:
                old.execute(statement)
        for key in keys:
            statement = "INSERT INTO key (region, key_id, account, record) VALUES ('r', ?, '1', ?)"
            old.execute(statement, (key.key_id, encode(key)))
        old.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        old.execute(f"PRAGMA user_version = {before}")
    path.chmod(0o600)
    with closing(SqliteStore.open(path, create=False)) as store:
        found = {duty: list(store.due_keys(duty, until=1e9, after=None, limit=9)) for duty in Duty}
    assert {
        Duty.ROTATION: [DueKey(100.5, "r", "rotates")],
        Duty.DELETION: [DueKey(7.0, "r", "leaves")],
        Duty.IMPORT_EXPIRY: [DueKey(9.0, "r", "expires")],
    } == found
