"""A service sealed by a passphrase, from its first start to its restored backup, and no secret anywhere on the disk."""

import base64
import secrets
import signal
import subprocess
import urllib.error
import urllib.request
from functools import partial

import pytest
from botocore.exceptions import ClientError

from keyservice.keystore.domain import open_domain
from keyservice.keystore.root import open_root
from keyservice.store.sqlite import SqliteStore
from tests.crash.process import KEYSERVICE, administrator, free_port, process

PASSPHRASES = [f"passphrase number {number} {secrets.token_hex(8)}" for number in range(3)]


@pytest.fixture
def passphrases(tmp_path):
    (tmp_path / "given").mkdir()
    paths = []
    for number, passphrase in enumerate(PASSPHRASES):
        paths.append(tmp_path / "given" / str(number))
        paths[-1].write_text(passphrase + "\n")
    return paths


def run(*arguments):
    return subprocess.run([*KEYSERVICE, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


def status_of(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def answers(port):
    return status_of(port, "/livez") == 200


def test_a_service_sealed_by_a_passphrase_from_its_first_start_to_its_restored_backup(tmp_path, passphrases):
    first, second, of_backup = passphrases
    data, port, log = tmp_path / "data", free_port(), tmp_path / "log"
    plaintext = secrets.token_hex(24).encode()
    assert 0 == run("init", "--data", data, "--passphrase-file", first).returncode
    with (
        log.open("wb") as output,
        process(data, port, output=output, is_ready=partial(answers, port)),
    ):
        # Sealed: it lives, is not ready, and refuses every call.
        assert (200, 503) == (status_of(port, "/livez"), status_of(port, "/readyz"))
        assert 500 == status_of(port, "/")
        wrong = run("unseal", "--data", data, "--passphrase-file", second)
        assert (1, True) == (wrong.returncode, "the passphrase is another" in wrong.stderr)
        assert "the service is sealed" in run("jobs", "--data", data).stderr
        assert "unsealed by root key" in run("unseal", "--data", data, "--passphrase-file", first).stdout
        assert 200 == status_of(port, "/readyz")

        admin = administrator(data, port)
        key = admin.create_key()["KeyMetadata"]["KeyId"]
        blobs = [admin.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"]]
        data_key = admin.generate_data_key(KeyId=key, KeySpec="AES_256")
        # Everything about the root key changes under the running service.
        assert "the root key is now" in run("rotate-root", "--data", data, "--passphrase-file", first).stdout
        blobs.append(admin.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"])
        assert 0 == run("reseal", "--data", data, "--new-passphrase-file", second).returncode
        assert "does not open" in run("rotate-root", "--data", data, "--passphrase-file", first).stderr
        assert "the root key is now" in run("rotate-root", "--data", data, "--passphrase-file", second).stdout
        blobs.append(admin.encrypt(KeyId=key, Plaintext=plaintext)["CiphertextBlob"])
        made = run("backup", "--data", data, "--passphrase-file", of_backup, tmp_path / "backup")
        assert (0, True) == (made.returncode, "1 keys, 1 backing keys" in made.stdout), made.stderr
        assert [plaintext] * 3 == [admin.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs]
        with pytest.raises(ClientError):
            admin.decrypt(CiphertextBlob=blobs[0], EncryptionContext={"secret": "in-a-refused-call"})
        files = {path: path.read_bytes() for path in everything(data)}  # the write-ahead log among them
    assert any(path.name.endswith("-wal") and content for path, content in files.items())

    # It starts again with the new passphrase alone, named at the start.
    with process(data, port, "--passphrase-file", str(second)):
        assert [plaintext] * 3 == [admin.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs]
    store = SqliteStore.open(data / "wardkey.db", create=False)
    root = open_root(data / "root.key", lambda kind, named: PASSPHRASES[1])
    domain = open_domain(store, root)
    store.close()

    checked = run("verify", "--passphrase-file", of_backup, tmp_path / "backup")
    assert (0, True) == (checked.returncode, "1 backing keys open" in checked.stdout), checked.stderr
    restored = tmp_path / "restored"
    again = run("restore", tmp_path / "backup", "--data", restored, "--passphrase-file", of_backup)
    assert 0 == again.returncode, again.stderr
    with process(restored, port):
        # The administrator's access key is in the backup; the file of it is not, and the one at hand still opens.
        assert [plaintext] * 3 == [admin.decrypt(CiphertextBlob=blob)["Plaintext"] for blob in blobs]

    kept = {**files, **{path: path.read_bytes() for path in everything(data)}, log: log.read_bytes()}
    kept[tmp_path / "backup"] = (tmp_path / "backup").read_bytes()
    wanted = {
        "a plaintext": plaintext,
        "a data key": data_key["Plaintext"],
        "the domain key": domain.key,
        "the root key": root.key,
        **{f"passphrase {number}": passphrase.encode() for number, passphrase in enumerate(PASSPHRASES)},
    }
    assert [] == found(wanted, kept)
    # The search does find: what is no secret is there, and the administrator's secret is where it is meant to be.
    assert found({"key": key.encode()}, kept)


def everything(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def found(wanted, files):
    """Which secrets are in which files, in any of the spellings that a program would leave them in."""
    return [
        (name, path)
        for name, secret in wanted.items()
        for path, content in files.items()
        for spelling in (secret, base64.b64encode(secret), secret.hex().encode(), base64.b64encode(secret)[:-4])
        if spelling in content
    ]


def test_a_sealed_service_ends_on_a_signal_with_nothing_left_behind(tmp_path, passphrases):
    data, port = tmp_path / "data", free_port()
    assert 0 == run("init", "--data", data, "--passphrase-file", passphrases[0]).returncode
    with process(data, port, is_ready=partial(answers, port)) as running:
        second = run("serve", "--data", data, "--port", "0")
        assert (1, True) == (second.returncode, "in use by another process" in second.stderr)
        running.send_signal(signal.SIGTERM)
        assert 0 == running.wait(timeout=30)
    assert {"root.key", "wardkey.db.lock"} == {path.name for path in data.iterdir()}


def test_init_refuses_what_would_lose_a_root_key(tmp_path, passphrases):
    data = tmp_path / "data"
    assert 0 == run("init", "--data", data, "--seal", "file").returncode
    again = run("init", "--data", data, "--passphrase-file", passphrases[0])
    assert (1, True) == (again.returncode, "exists already" in again.stderr)
    missing = run("init", "--data", tmp_path / "other", "--passphrase-env", "NO_SUCH_VARIABLE")
    assert (1, True) == (missing.returncode, "`NO_SUCH_VARIABLE` for the passphrase is not set" in missing.stderr)
    assert not (tmp_path / "other").exists()
