"""A store moves from a file to PostgreSQL and back by way of a backup."""

from contextlib import closing

import pytest

from keyservice.backup.header import BackupError
from keyservice.backup.restore import restore, verify
from keyservice.backup.write import write_backup
from keyservice.data_directory import DataDirectory
from keyservice.keystore.root_sealing import FileSealing
from keyservice.store.opening import open_store
from tests.live import open_service
from tests.postgres import needs_postgres, running_postgres

pytestmark = needs_postgres


def backed_up(service, path):
    opened = service.opened
    trust, trail = opened.trust, opened.directory.trail
    write_backup(path, opened.store, trust.root, trust.domain, passphrase=None, now=1.0, trail=trail)
    return path


def records_of(data):
    with closing(open_store(DataDirectory(data))) as store, store.snapshot() as snapshot:
        return sorted(snapshot.records())


def test_a_store_moves_to_a_database_and_back_with_all_it_holds(tmp_path):
    with closing(open_service(tmp_path / "file")) as service:
        root = service.opened.trust.root
        key = service.make_key()["KeyId"]
        blobs = [service.call("Encrypt", {"KeyId": key, "Plaintext": "QQ=="}).json["CiphertextBlob"]]
        service.call("RotateKeyOnDemand", {"KeyId": key})
        service.call("CreateAlias", {"AliasName": "alias/moved", "TargetKeyId": key})
        blobs.append(service.call("Encrypt", {"KeyId": key, "Plaintext": "QQ=="}).json["CiphertextBlob"])
        path = backed_up(service, tmp_path / "backup")

    def keys(header):
        return root.key, None

    with running_postgres() as server:
        url = server.database()
        restore(path, keys, tmp_path / "database", FileSealing(), url)
        assert records_of(tmp_path / "file") == records_of(tmp_path / "database")
        with closing(open_service(tmp_path / "database")) as moved:
            for blob in blobs:
                assert "QQ==" == moved.call("Decrypt", {"CiphertextBlob": blob}).json["Plaintext"]
            back = backed_up(moved, tmp_path / "back")
        with pytest.raises(BackupError, match="the store is not empty"):
            restore(path, keys, tmp_path / "again", FileSealing(), url)
    assert {"key": 1, "backing_key": 2} == {
        kind: count for kind, count in verify(back, keys).counts.items() if kind in ("key", "backing_key")
    }
    restore(back, keys, tmp_path / "file-again", FileSealing())
    with closing(open_service(tmp_path / "file-again")) as service:
        assert 200 == service.call("Encrypt", {"KeyId": "alias/moved", "Plaintext": "QQ=="}).status
