"""The root key's file."""

import os
import stat

import pytest

from keyservice.keystore import root_sealing
from keyservice.keystore.root import RootKeyError, RootKeyExistsError, create_root, open_root

MAGIC = root_sealing.MAGIC[root_sealing.SealingKind.FILE]
FILE_LENGTH = 64


@pytest.fixture
def path(tmp_path):
    return tmp_path / "root.key"


def assert_refused(path, message: str) -> None:
    with pytest.raises(RootKeyError) as refusal:
        open_root(path)
    assert message == str(refusal.value).replace(str(path), "PATH")


def rewrite(path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def test_what_was_created_opens_again(path):
    assert create_root(path) == open_root(path)


def test_every_root_key_is_another(path, tmp_path):
    assert create_root(path).key != create_root(tmp_path / "other.key").key


def test_the_file_is_owner_only_whatever_the_umask(path):
    before = os.umask(0)
    try:
        create_root(path)
    finally:
        os.umask(before)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_the_file_has_its_form_and_nothing_lies_beside_it(path):
    root = create_root(path, random=lambda length: b"k" * length)
    assert MAGIC + b"k" * 32 + bytes.fromhex(root.root_id) == path.read_bytes()
    assert [path] == list(path.parent.iterdir())


def test_the_root_id_of_a_key_never_changes(path):
    assert "0ba5c44c091edc1edc62fa614ff5319a" == create_root(path, random=lambda length: b"k" * length).root_id


def test_a_root_key_is_never_overwritten(path):
    root = create_root(path)
    with pytest.raises(RootKeyExistsError, match="exists already"):
        create_root(path)
    assert root == open_root(path)
    assert [path] == list(path.parent.iterdir())


def test_a_symbolic_link_is_not_created_through(path, tmp_path):
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RootKeyExistsError):
        create_root(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_directory_that_does_not_exist_is_a_clear_error(tmp_path):
    with pytest.raises(RootKeyError, match=r"cannot create the root key file .*: No such file or directory"):
        create_root(tmp_path / "none" / "root.key")


def test_a_write_that_fails_leaves_nothing(path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RootKeyError, match="No space left on device"):
        create_root(path)
    assert [] == list(path.parent.iterdir())


def test_a_missing_file_is_a_clear_error(path):
    assert_refused(path, "cannot open the root key file `PATH`: No such file or directory")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666])
def test_a_file_open_to_others_is_refused(path, mode):
    create_root(path)
    path.chmod(mode)
    assert_refused(path, f"the root key file `PATH` is open to others, mode {mode:04o}; run chmod 600 on it")


def test_a_file_that_cannot_be_read_is_a_clear_error(path, monkeypatch):
    def broken(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    create_root(path)
    monkeypatch.setattr(os, "read", broken)
    assert_refused(path, "cannot read the root key file `PATH`: Input/output error")


def test_a_read_only_file_of_the_owner_is_fine(path):
    root = create_root(path)
    path.chmod(0o400)
    assert root == open_root(path)


def test_another_user_s_file_is_refused(path, monkeypatch):
    create_root(path)
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert_refused(path, f"the root key file `PATH` belongs to another user, uid {owner}")


def test_a_symbolic_link_is_refused(path, tmp_path):
    create_root(tmp_path / "real.key")
    path.symlink_to(tmp_path / "real.key")
    assert_refused(path, "cannot open the root key file `PATH`: it is a symbolic link")


def test_a_directory_is_refused(path):
    path.mkdir(mode=0o700)
    assert_refused(path, "the root key `PATH` is not a regular file")


def test_a_named_pipe_is_refused_at_once(path):
    os.mkfifo(path, 0o600)
    assert_refused(path, "the root key `PATH` is not a regular file")


@pytest.mark.parametrize("length", [0, 1, 15])
def test_a_file_that_is_too_short_to_name_its_form_is_refused(path, length):
    content = create_root(path) and path.read_bytes()
    rewrite(path, content[:length])
    assert_refused(path, "the file `PATH` is not a root key of a known version")


@pytest.mark.parametrize("length", [16, FILE_LENGTH - 1, FILE_LENGTH + 1, 10_000])
def test_a_file_of_a_wrong_size_is_refused(path, length):
    content = create_root(path) and path.read_bytes()
    rewrite(path, (content * 200)[:length])
    assert_refused(path, "the root key file `PATH` has a wrong size; expected 64 bytes")


def test_a_file_of_another_version_is_refused(path):
    create_root(path)
    rewrite(path, path.read_bytes().replace(b"v1", b"v2"))
    assert_refused(path, "the file `PATH` is not a root key of a known version")


@pytest.mark.parametrize("position", range(len(MAGIC), FILE_LENGTH))
def test_a_damaged_byte_is_noticed(path, position):
    create_root(path)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    rewrite(path, bytes(content))
    assert_refused(path, "the root key file `PATH` is damaged: its checksum does not match")


def test_a_root_key_does_not_show_its_key(path):
    root = create_root(path)
    assert f"RootKey(root_id='{root.root_id}')" == repr(root)
    assert root.key[:16].hex() != root.root_id
