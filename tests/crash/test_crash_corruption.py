"""Damage to what the service keeps: it says so in a line, and does not start or does not write; nothing is lost."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress

import pytest
from botocore.exceptions import ClientError

from keyservice.app import open_directory
from keyservice.keystore.domain import DomainKeyError, unseal
from keyservice.keystore.root import create_root
from keyservice.settings import Settings
from keyservice.store.port import StoreError
from keyservice.store.sqlite import SqliteStore
from tests.crash.process import ENVIRONMENT, KEYSERVICE, administrator, free_port, process
from tests.live import open_service


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A data directory with some of everything, closed; what its store holds; a ciphertext."""
    data = tmp_path_factory.mktemp("kept") / "data"
    with closing(open_service(data)) as service:
        for number in range(20):
            key = service.make_key(Description=f"key {number}")["KeyId"]
            service.call("CreateAlias", {"AliasName": f"alias/{number}", "TargetKeyId": key})
            grantee = f"arn:aws:iam::111122223333:role/r{number}"
            service.call("CreateGrant", {"KeyId": key, "GranteePrincipal": grantee, "Operations": ["Decrypt"]})
        blob = service.call("Encrypt", {"KeyId": key, "Plaintext": "QQ=="}).json["CiphertextBlob"]
        with service.opened.store.snapshot() as snapshot:
            records = sorted(snapshot.records())
    return data, records, blob


@pytest.fixture
def copy(kept, tmp_path):
    """A copy of that directory."""
    data = tmp_path / "data"
    subprocess.run(["cp", "-a", kept[0], data], check=True)
    return data


def serve(data, *options):
    command = [*KEYSERVICE, "serve", "--data", str(data), "--port", "0", *options]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60)


def assert_refused(done, said):
    assert (1, "") == (done.returncode, done.stdout)
    assert said in done.stderr
    assert 1 == done.stderr.count("\n")
    assert done.stderr.startswith("Error: cannot start: ")


@pytest.mark.parametrize("seed", range(8))
def test_a_flipped_bit_is_refused_or_harms_nothing(kept, copy, seed):
    """Wherever it is: in pages, in records, in columns, in what is unused."""
    path, chance = copy / "wardkey.db", random.Random(seed)
    content = path.read_bytes()
    refused = 0
    for _ in range(60):
        at, bit = chance.randrange(len(content)), chance.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        try:
            with closing(SqliteStore.open(path, create=False)) as store, store.snapshot() as snapshot:
                found = sorted(snapshot.records())
                unseal(store, copy / "root.key")
        except (StoreError, DomainKeyError):
            refused += 1
        else:
            assert kept[1] == found
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert 5 < refused


def test_a_damaged_record_is_not_served_even_where_the_structure_is_whole(copy):
    with closing(sqlite3.connect(copy / "wardkey.db")) as connection:
        changed = "CAST(replace(CAST(record AS TEXT), 'alias/7', 'alias/8') AS BLOB)"
        connection.execute(f"UPDATE alias SET record = {changed}")
        connection.commit()
    assert_refused(serve(copy), "is damaged: a record of table `alias` is not what was stored")


@pytest.mark.parametrize("length", [100, 4096, 5000, 12 * 4096, -4096, -1])
def test_a_database_that_was_cut_short_is_refused(copy, length):
    path = copy / "wardkey.db"
    os.truncate(path, length if length > 0 else path.stat().st_size + length)
    with pytest.raises(StoreError) as refusal:
        open_directory(Settings(data=copy))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_store_that_is_gone_is_not_begun_anew(copy, is_there):
    path = copy / "wardkey.db"
    path.write_bytes(b"") if is_there else path.unlink()
    assert_refused(serve(copy), "is empty, but `trail` has records of one: restore it from a backup")


def test_a_lost_root_key_and_another_one_are_refused(copy):
    (copy / "root.key").unlink()
    assert_refused(serve(copy), "cannot open the root key file")
    create_root(copy / "root.key")
    assert_refused(serve(copy), "the store's domain key is sealed under root key")


def test_a_database_of_another_directory_is_refused(copy, tmp_path):
    with closing(open_service(tmp_path / "other")):
        pass
    (tmp_path / "other" / "wardkey.db").replace(copy / "wardkey.db")
    assert_refused(serve(copy), "the store's domain key is sealed under root key")


def test_a_place_that_cannot_be_written_to_is_refused():
    assert_refused(serve("/proc/wardkey"), "/proc/wardkey")


def test_a_torn_trail_is_mended_and_what_was_torn_is_kept(copy):
    (segment,) = (copy / "trail").glob("*.trail")
    before = segment.read_bytes()
    with segment.open("ab") as file:
        file.write(b"0badc0de {half a li")
    with closing(open_service(copy)) as service:
        assert 0 < len(list(service.trail.entries()))
        assert [] == list(service.trail.damaged)
    assert before == segment.read_bytes()
    assert b"0badc0de {half a li" == segment.with_name(segment.name + ".torn").read_bytes()


def test_a_full_disk_refuses_writes_keeps_what_was_answered_and_goes_on_when_there_is_room(copy, kept):
    with closing(open_service(copy)) as service:
        key, store = service.make_key()["KeyId"], service.opened.store._store
        pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
        store._writer.execute(f"PRAGMA max_page_count = {pages}")
        made = []
        for _ in range(50):
            answer = service.call("CreateKey")
            if answer.status != 200:
                break
            made.append(answer.json["KeyMetadata"]["KeyId"])
        assert (500, "KMSInternalException") == (answer.status, answer.type)
        assert "QQ==" == service.call("Decrypt", {"CiphertextBlob": kept[2]}).json["Plaintext"]
        store._writer.execute("PRAGMA max_page_count = 1000000")
        assert 200 == service.call("CreateKey").status
        for each in (key, *made):
            assert 200 == service.call("DescribeKey", {"KeyId": each}).status


def test_a_limit_on_files_stops_the_service_from_answering_and_loses_nothing(tmp_path):
    """Writes fail in the middle: what was answered is there, and what failed is not answered as done."""
    data, port = tmp_path / "data", free_port()
    limited = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000));"
    made = []
    with process(data, port, before=[sys.executable, "-c", f"{limited} os.execv(sys.argv[1], sys.argv[1:])"]):
        admin = administrator(data, port)
        with suppress(ClientError):
            for number in range(400):
                key = admin.create_key(Description="x" * 4000)["KeyMetadata"]["KeyId"]
                blob = admin.encrypt(KeyId=key, Plaintext=b"%d" % number)["CiphertextBlob"]
                made.append((key, blob, b"%d" % number))
    assert 3 < len(made) < 400
    with process(data, port):
        admin = administrator(data, port)
        for key, blob, plaintext in made:
            assert plaintext == admin.decrypt(KeyId=key, CiphertextBlob=blob)["Plaintext"]
