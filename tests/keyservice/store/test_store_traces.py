"""What is left of deleted key material in the files of the SQLite store: nothing, once they are scrubbed."""

import base64
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keyservice.model.key import BackingKey, Key
from keyservice.store import sqlite
from keyservice.store.sqlite import SqliteStore

KEY = Key(account="111122223333", region="us-east-1", key_id="k", created=1.0, policy="{}")
BACKING_KEY = BackingKey(
    account=KEY.account, region=KEY.region, key_id="k", backing_key_id="b", created=1.0, material_id="m", wrapped=b"x"
)
# Bytes of sealed material: a symmetric key, P-256, RSA 2048 and 4096, and more than a page.
SIZES = (77, 200, 1250, 2400, 9000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(path, create=True)
    yield opened
    opened.close()


def files(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.glob("store.db*"))


def pieces(wrapped: bytes) -> list[bytes]:
    text = base64.b64encode(wrapped)
    return [text[start : start + 40] for start in range(0, len(text) - 39, 40)]


def found(wrapped: bytes, content: bytes) -> bool:
    return any(piece in content for piece in pieces(wrapped))


def test_whatever_was_done_to_keys_and_their_neighbours_no_piece_of_deleted_material_is_left(
    store: SqliteStore, path: Path
) -> None:
    """Without the rebuild, a piece of one key in some thousand is found in the unused part of a page."""
    dice = random.Random(4)
    live: dict[str, tuple[Key, BackingKey]] = {}
    gone: list[bytes] = []
    for number in range(15):
        with store.change() as change:
            for turn in range(dice.randint(1, 30)):
                chance = dice.random()
                if chance < 0.55 or not live:
                    name = f"{number:06}-{turn:06}-{dice.getrandbits(32):08x}"
                    key = replace(KEY, key_id=name, policy="x" * dice.randint(0, 3000))
                    backing = replace(BACKING_KEY, key_id=name, wrapped=dice.randbytes(dice.choice(SIZES)))
                    change.put_key(key)
                    change.put_backing_key(backing)
                    live[name] = key, backing
                    continue
                name = dice.choice(sorted(live))
                key, backing = live[name]
                if chance < 0.7:
                    live[name] = replace(key, policy="y" * dice.randint(0, 6000)), backing
                    change.put_key(live[name][0])
                elif chance < 0.8:
                    gone.append(backing.wrapped)
                    live[name] = key, replace(backing, wrapped=b"")
                    change.put_backing_key(live[name][1])
                else:
                    gone.append(backing.wrapped)
                    del live[name]
                    change.delete_key(KEY.region, name)
            change.append_trail(b"t" * dice.randint(10, 2000))
    assert store.scrub()
    content = files(path)
    assert 0 == sum(found(wrapped, content) for wrapped in gone if wrapped)
    kept = [backing.wrapped for _, backing in live.values() if backing.wrapped]
    assert len(kept) == sum(found(wrapped, content) for wrapped in kept)
    assert kept == [found.wrapped for name in live for found in store.backing_keys(KEY.region, name) if found.wrapped]


def fill(store: SqliteStore, count: int) -> list[BackingKey]:
    made = [replace(BACKING_KEY, backing_key_id=str(number), wrapped=bytes([number]) * 99) for number in range(count)]
    with store.change() as change:
        change.put_key(KEY)
        for backing in made:
            change.put_backing_key(backing)
    return made


def test_material_is_in_the_files_until_they_are_scrubbed_and_then_the_log_is_empty(
    store: SqliteStore, path: Path
) -> None:
    made = fill(store, 3)
    with store.change() as change:
        change.delete_key(KEY.region, "k")
    assert all(found(backing.wrapped, files(path)) for backing in made)
    assert store.scrub()
    assert not any(found(backing.wrapped, files(path)) for backing in made)
    assert 0 == path.with_name("store.db-wal").stat().st_size


def test_a_reader_in_the_middle_of_a_statement_puts_it_off(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fill(store, 200)
    assert store._writer is not None
    store._writer.execute("PRAGMA busy_timeout = 50")
    reading = store._reader().execute("SELECT record FROM backing_key")
    reading.fetchone()
    with store.change() as change:
        change.delete_key(KEY.region, "k")
    assert not store.scrub()
    reading.close()
    assert store.scrub()
    assert not any(found(backing.wrapped, files(path)) for backing in made)


def test_a_large_file_is_rebuilt_once_in_a_while(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "REBUILT_AT_ONCE", 0)
    for is_complete in (True, False):
        fill(store, 2)
        with store.change() as change:
            change.delete_key(KEY.region, "k")
        assert is_complete == store.scrub()
    monkeypatch.setattr(sqlite, "REBUILT_EVERY", 0.0)
    assert store.scrub()


def test_it_is_no_work_where_nothing_was_deleted(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, 1)
    assert store.scrub()
    monkeypatch.setattr(sqlite, "run", None)
    assert store.scrub()
