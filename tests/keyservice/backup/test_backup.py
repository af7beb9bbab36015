"""Backups: what they hold, who opens them, and that nothing damaged, changed or cut short is ever restored."""

import base64
import threading
from contextlib import closing

import pytest

from keyservice.backup.header import BackupError
from keyservice.backup.read import open_backup
from keyservice.backup.restore import load, restore, verify
from keyservice.backup.stream import PIECE, StreamError, StreamReader, StreamWriter
from keyservice.backup.write import write_backup
from keyservice.keystore.root_sealing import FileSealing
from keyservice.store.sqlite import SqliteStore
from tests.live import open_service

PASSPHRASE = "correct horse battery"
ALICE = "arn:aws:iam::111122223333:user/alice"


@pytest.fixture
def service(tmp_path):
    with closing(open_service(tmp_path / "data")) as service:
        yield service


def backed_up(service, path, passphrase=None):
    opened = service.opened
    trust, trail = opened.trust, opened.directory.trail
    write_backup(path, opened.store, trust.root, trust.domain, passphrase=passphrase, now=1.0, trail=trail)
    return path


def keys_of(service):
    return lambda header: (service.opened.trust.root.key, None)


def by_passphrase(passphrase=PASSPHRASE):
    return lambda header: (b"", passphrase)


def make_everything(service):
    """A key of each kind, rotated, aliased, granted; ciphertexts of before and after."""
    key = service.make_key()["KeyId"]
    sign = service.call("CreateKey", {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}).json["KeyMetadata"][
        "KeyId"
    ]
    text = base64.b64encode(b"plaintext").decode()
    blobs = [service.call("Encrypt", {"KeyId": key, "Plaintext": text}).json["CiphertextBlob"]]
    service.call("RotateKeyOnDemand", {"KeyId": key})
    blobs.append(service.call("Encrypt", {"KeyId": key, "Plaintext": text}).json["CiphertextBlob"])
    service.call("CreateAlias", {"AliasName": "alias/files", "TargetKeyId": key})
    service.call("CreateGrant", {"KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Decrypt"]})
    public = service.call("GetPublicKey", {"KeyId": sign}).json["PublicKey"]
    return blobs, (sign, public), text


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE], ids=["root key", "passphrase"])
def test_every_ciphertext_decrypts_after_a_restore(service, tmp_path, passphrase):
    blobs, (sign, public), text = make_everything(service)
    path = backed_up(service, tmp_path / "backup", passphrase)
    keys = by_passphrase() if passphrase else keys_of(service)
    report = verify(path, keys)
    assert (2, 3, 1, 1, 3) == (
        *(report.counts[kind] for kind in ("key", "backing_key", "alias", "key_grant")),
        report.opened,
    )
    assert report == restore(path, keys, tmp_path / "restored", FileSealing())
    with closing(open_service(tmp_path / "restored")) as restored:
        assert [text, text] == [restored.call("Decrypt", {"CiphertextBlob": blob}).json["Plaintext"] for blob in blobs]
        assert 200 == restored.call("Decrypt", {"CiphertextBlob": blobs[0]}, user="alice").status  # by the grant
        assert 200 == restored.call("Encrypt", {"KeyId": "alias/files", "Plaintext": text}).status
        assert public == restored.call("GetPublicKey", {"KeyId": sign}).json["PublicKey"]


def test_the_restored_store_holds_the_same_records(service, tmp_path):
    make_everything(service)
    path = backed_up(service, tmp_path / "backup")
    with service.opened.store.snapshot() as snapshot:
        expected = list(snapshot.records())
    restore(path, keys_of(service), tmp_path / "restored", FileSealing())
    assert {"root.key", "wardkey.db"} == {path.name for path in (tmp_path / "restored").iterdir()}
    store = SqliteStore.open(tmp_path / "restored" / "wardkey.db", create=False)
    with store.snapshot() as snapshot:
        assert expected == list(snapshot.records())
    store.close()


def test_no_flipped_bit_and_no_cut_is_restored(service, tmp_path):
    make_everything(service)
    path = backed_up(service, tmp_path / "backup")
    content = path.read_bytes()
    # Every byte of the head, and some of the body: each piece of that has one tag.
    for at in (*range(1200), *range(1200, len(content), len(content) // 40), len(content) - 1):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        with pytest.raises(BackupError):
            verify(path, keys_of(service))
    for length in (0, 10, 500, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(BackupError):
            restore(path, keys_of(service), tmp_path / "restored", FileSealing())
        assert not (tmp_path / "restored").exists() or [] == list((tmp_path / "restored").iterdir())
    path.write_bytes(content + b"x")
    with pytest.raises(BackupError, match="damaged, cut short, or was changed"):
        verify(path, keys_of(service))


def test_another_passphrase_or_root_key_is_said_in_a_line(service, tmp_path):
    path = backed_up(service, tmp_path / "backup", PASSPHRASE)
    with pytest.raises(BackupError, match="it does not open: the passphrase is another, or it is damaged"):
        verify(path, by_passphrase("another passphrase"))
    path = backed_up(service, tmp_path / "sealed-to-root")
    with pytest.raises(BackupError, match="it does not open: the root key is another, or it is damaged"):
        verify(path, lambda header: (bytes(32), None))


def test_a_backup_and_a_directory_are_never_overwritten(service, tmp_path):
    path = backed_up(service, tmp_path / "backup")
    with pytest.raises(BackupError, match="exists already"):
        backed_up(service, path)
    assert 0o600 == path.stat().st_mode & 0o777
    with pytest.raises(BackupError, match="is not empty"):
        restore(path, keys_of(service), tmp_path / "data", FileSealing())
    assert {"backup", "data"} == {each.name for each in tmp_path.iterdir()}


def test_a_backup_sealed_to_a_root_key_that_was_rotated_opens_by_the_retired_one(service, tmp_path):
    before = service.opened.trust.root
    path = backed_up(service, tmp_path / "backup")
    service.opened.trust.rotate(FileSealing())
    assert before.root_id == verify(path, lambda header: (before.key, None)).root_id


def test_a_store_is_backed_up_as_it_was_at_one_moment(service, tmp_path):
    """While changes go on, the number of keys and the backing keys they name agree."""
    done = threading.Event()

    def make_keys():
        while not done.is_set():
            service.call("CreateKey")

    maker = threading.Thread(target=make_keys)
    maker.start()
    try:
        for number in range(5):
            report = verify(backed_up(service, tmp_path / f"backup-{number}"), keys_of(service))
            assert report.counts.get("key", 0) == report.counts.get("backing_key", 0) == report.opened
    finally:
        done.set()
        maker.join()


def test_a_store_that_holds_something_is_not_loaded_into(service, tmp_path):
    path = backed_up(service, tmp_path / "backup")
    with open_backup(path, keys_of(service)) as backup, pytest.raises(BackupError, match="the store is not empty"):
        load(backup, service.opened.store)


def test_the_trail_is_named_and_not_included(service, tmp_path):
    make_everything(service)
    path = backed_up(service, tmp_path / "backup")
    report = verify(path, keys_of(service))
    assert report.trail_serial == max(serial for serial, _ in service.opened.store.trail(after=0, limit=1000))
    assert (service.opened.directory.trail / report.trail_segment).exists()
    assert "trail" not in report.counts


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_stream_gives_what_was_written_and_knows_its_end(tmp_path, length):
    content = bytes(range(256)) * (length // 256 + 1)
    content = content[:length]
    path = tmp_path / "stream"
    with path.open("wb") as file:
        writer = StreamWriter(file, bytes(32))
        writer.write(content)
        writer.close()
    with path.open("rb") as file:
        reader = StreamReader(file, bytes(32))
        assert content == reader.read(length)
        reader.end()
    sealed = path.read_bytes()
    pieces = [sealed[at : at + PIECE + 16] for at in range(0, len(sealed), PIECE + 16)]
    for others in (pieces[:-1], pieces[::-1], pieces * 2):
        if others == pieces:
            continue
        path.write_bytes(b"".join(others))
        with path.open("rb") as file, pytest.raises(StreamError):
            reader = StreamReader(file, bytes(32))
            reader.read(length)
            reader.end()
