"""`keyservice file`: files go through a live service and come back, or nothing comes."""

import os
import pty
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from click.testing import CliRunner

import keyservice.cli
from keyservice.cli import file_message
from keyservice.cli.file import command
from keyservice.cli.file_message import BLOCK, FRAME, Keys
from keyservice.cli.main import main
from tests.live import REGION, access_key_id_of, secret_of, serving

POLICY = "require-encrypt-require-decrypt"
TEXT = b"a file's text, and more than KMS encrypts by itself. " * 2000


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served") / "data") as service:
        yield service


@pytest.fixture(scope="module")
def keys(served):
    """Key ARNs; the first has the alias `alias/files`."""
    made = [served.client().create_key()["KeyMetadata"]["Arn"] for _ in range(3)]
    served.client().create_alias(AliasName="alias/files", TargetKeyId=made[0])
    return made


def environment(served, user="admin"):
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL_KMS": served.endpoint,
        "AWS_ACCESS_KEY_ID": access_key_id_of(user),
        "AWS_SECRET_ACCESS_KEY": secret_of(user),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }


@pytest.fixture
def file(served, monkeypatch):
    """Runs `keyservice file` as a user whose environment says all."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    def run(*arguments, user="admin", given=None, **variables):
        env = {**environment(served, user), **variables}
        return CliRunner().invoke(command, [str(argument) for argument in arguments], input=given, env=env)

    return run


def names(directory):
    return {path.name for path in directory.iterdir()}


def refusal(result):
    """What stands on the error stream, which must be one line."""
    assert 2 == result.exit_code, result.output
    assert 1 == result.stderr.count("\n"), result.stderr
    return result.stderr.removeprefix("Error: ").strip()


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(TEXT)
    return path


@pytest.fixture
def sealed(file, keys, plain, tmp_path):
    """A file encrypted under the first two keys, with a context."""
    path = tmp_path / "sealed"
    done = file("encrypt", "--key-id", keys[0], "--key-id", keys[1], "--context", "app=web", plain, "--output", path)
    assert (0, "", b"") == (done.exit_code, done.stderr, done.stdout_bytes)
    return path


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, BLOCK, 2 * BLOCK + 3 * FRAME + 5])
def test_a_file_of_any_size_comes_back(file, keys, tmp_path, size):
    plain, sealed, opened = (tmp_path / name for name in ("plain", "sealed", "opened"))
    plain.write_bytes(os.urandom(size))
    assert 0 == file("encrypt", "--key-id", keys[0], plain, "--output", sealed).exit_code
    assert 0 == file("decrypt", "--key-id", keys[0], sealed, "--output", opened).exit_code
    assert plain.read_bytes() == opened.read_bytes()
    assert {"plain", "sealed", "opened"} == names(tmp_path)


def test_each_of_several_keys_decrypts_and_another_does_not(file, keys, sealed, tmp_path):
    for key in keys[:2]:
        opened = tmp_path / "opened"
        assert 0 == file("decrypt", "--key-id", key, sealed, "--output", opened).exit_code
        assert TEXT == opened.read_bytes()
        opened.unlink()
    other = file("decrypt", "--key-id", keys[2], sealed, "--output", opened)
    assert "no data key of the message is under a key given with --key-id" == refusal(other)
    assert not opened.exists()


@pytest.mark.parametrize("region", [(), ("--region", REGION)])
def test_without_a_key_id_the_file_s_own_keys_are_tried(file, sealed, tmp_path, region):
    done = file("decrypt", *region, sealed, "--output", tmp_path / "opened")
    assert (0, TEXT) == (done.exit_code, (tmp_path / "opened").read_bytes())


@pytest.mark.parametrize("form", ["alias ARN", "alias", "id"])
def test_encrypt_takes_every_form_of_a_key_id(file, keys, plain, tmp_path, form):
    arn, _, bare = keys[0].partition(":key/")
    name = {"alias ARN": f"{arn}:alias/files", "alias": "alias/files", "id": bare}[form]
    done = file("encrypt", "--key-id", name, "--region", REGION, plain, "--output", tmp_path / "sealed")
    assert (0, "") == (done.exit_code, done.stderr)
    done = file("decrypt", "--key-id", keys[0], tmp_path / "sealed", "--output", tmp_path / "opened")
    assert (0, TEXT) == (done.exit_code, (tmp_path / "opened").read_bytes())


def test_the_endpoint_of_the_command_line_wins(served, file, keys, plain, tmp_path):
    arguments = ("encrypt", "--key-id", keys[0], plain, "--output", tmp_path / "sealed")
    elsewhere = {"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert 0 == file(*arguments, "--endpoint-url", served.endpoint, **elsewhere).exit_code
    told = refusal(file(*arguments, "--endpoint-url", "http://127.0.0.1:9"))
    assert told.startswith("Could not connect to the endpoint URL")


def test_the_context_that_is_asked_for_must_be_in_the_message(file, sealed, tmp_path):
    opened = tmp_path / "opened"
    assert 0 == file("decrypt", "--context", "app=web", sealed, "--output", opened).exit_code
    opened.unlink()
    told = refusal(file("decrypt", "--context", "app=mail", sealed, "--output", opened))
    assert "the message's encryption context has `app=web`, not `app=mail`" == told
    told = refusal(file("decrypt", "--context", "app=web", "--context", "tenant=t", sealed, "--output", opened))
    assert "the message's encryption context has no `tenant`" == told
    assert not opened.exists()


@pytest.mark.parametrize("verb", ["encrypt", "decrypt"])
def test_what_the_service_refuses_is_told_in_its_own_words(file, keys, plain, sealed, tmp_path, verb):
    source = {"encrypt": plain, "decrypt": sealed}[verb]
    told = refusal(file(verb, "--key-id", keys[0], source, "--output", tmp_path / "made", user="nobody"))
    action = {"encrypt": "GenerateDataKey", "decrypt": "Decrypt"}[verb]
    assert told.startswith("AccessDeniedException: User: arn:aws:iam::111122223333:user/nobody is not authorized")
    assert f"kms:{action}" in told
    assert not (tmp_path / "made").exists()


def test_standard_input_and_output(file, keys):
    made = file("encrypt", "--key-id", keys[0], "-", "--output", "-", given=TEXT)
    assert (0, "") == (made.exit_code, made.stderr)
    opened = file("decrypt", "--key-id", keys[0], "-", "--output", "-", given=made.stdout_bytes)
    assert (0, TEXT, "") == (opened.exit_code, opened.stdout_bytes, opened.stderr)


def test_a_message_that_is_cut_short_gives_standard_output_whole_frames_only_and_exit_status_2(file, keys):
    text = os.urandom(5 * BLOCK)
    made = file("encrypt", "--key-id", keys[0], "-", "--output", "-", given=text).stdout_bytes
    cut = file("decrypt", "--key-id", keys[0], "-", "--output", "-", given=made[:-1])
    assert 2 == cut.exit_code
    assert text.startswith(cut.stdout_bytes)
    assert 0 == len(cut.stdout_bytes) % FRAME


def broken(message):
    """Ways to break a message, by name: a bit flipped all over it, an end cut off, another message's beginning."""
    for place in [*range(0, 1200, 47), len(message) // 2, len(message) - 200, len(message) - 1]:
        yield f"flipped at {place}", message[:place] + bytes([message[place] ^ 4]) + message[place + 1 :]
    for length in (0, 1, 100, 700, len(message) // 2, len(message) - 1):
        yield f"cut to {length}", message[:length]
    yield "followed by a byte", message + b"\0"
    yield "twice", message + message
    yield "a text", b"just a text file\n" * 100


def test_whatever_is_wrong_with_a_message_is_one_line_and_no_output(file, keys, sealed, tmp_path):
    opened, tried = tmp_path / "opened", 0
    for name, message in broken(sealed.read_bytes()):
        told = refusal(file("decrypt", "--key-id", keys[0], "-", "--output", opened, given=message))
        assert told, name
        assert not opened.exists(), name
        tried += 1
    assert 38 == tried
    assert {"plain", "sealed"} == names(tmp_path)


def test_what_was_at_the_output_stays_until_the_new_file_is_whole(file, keys, sealed, tmp_path):
    place, link = tmp_path / "place", tmp_path / "link"
    place.write_bytes(b"before")
    place.chmod(0o640)
    link.symlink_to(place)
    refusal(file("decrypt", "--key-id", keys[0], "-", "--output", link, given=sealed.read_bytes()[:-1]))
    assert b"before" == place.read_bytes()
    assert 0 == file("decrypt", "--key-id", keys[0], sealed, "--output", link).exit_code
    assert (TEXT, 0o640, True) == (place.read_bytes(), place.stat().st_mode & 0o777, link.is_symlink())


def test_a_file_can_be_encrypted_in_its_own_place(file, keys, plain):
    assert 0 == file("encrypt", "--key-id", keys[0], plain, "--output", plain).exit_code
    assert TEXT != plain.read_bytes()
    assert 0 == file("decrypt", "--key-id", keys[0], plain, "--output", plain).exit_code
    assert TEXT == plain.read_bytes()


def test_a_device_is_written_to_and_not_replaced(file, keys, plain):
    assert 0 == file("encrypt", "--key-id", keys[0], plain, "--output", os.devnull).exit_code
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("source", "output", "told"),
    [
        ("gone", "made", "`{}/gone`: No such file or directory"),
        (".", "made", "`{}`: Is a directory"),
        ("plain", "no/made", "`{}/no/made`: No such file or directory"),
        ("plain", ".", "`{}`: Is a directory"),
    ],
)
def test_a_path_that_cannot_be_used_is_one_line(file, keys, plain, tmp_path, source, output, told):
    said = refusal(file("encrypt", "--key-id", keys[0], tmp_path / source, "--output", tmp_path / output))
    assert told.format(tmp_path) == said
    assert {"plain"} == names(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("encrypt", "--key-id", "alias/files", "--context", "app"), "`app` is not of the form NAME=VALUE"),
        (("encrypt", "--key-id", "alias/files", "--context", "=web"), "`=web` is not of the form NAME=VALUE"),
        (("encrypt", "--key-id", "alias/files", "--context", "a=b", "--context", "a=c"), "`a` is given twice"),
        (("encrypt", "--key-id", "alias/files", "--context", "aws-crypto-x=y"), "belong to the AWS Encryption SDK"),
        (("decrypt", "--key-id", "alias/files"), "`alias/files` is not a key ARN"),
        (("encrypt",), "Missing option '--key-id'"),
        (("decrypt", "--commitment-policy", "none"), "'none' is not one of"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(file, plain, tmp_path, arguments, told):
    done = file(*arguments, plain, "--output", tmp_path / "made")
    assert (2, True) == (done.exit_code, told in done.stderr)


def test_a_message_without_commitment_needs_the_policy_that_allows_it(file, keys, plain, tmp_path):
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    forbid = ("--commitment-policy", "forbid-encrypt-allow-decrypt")
    assert 0 == file("encrypt", *forbid, "--key-id", keys[0], plain, "--output", sealed).exit_code
    told = refusal(file("decrypt", "--key-id", keys[0], sealed, "--output", opened))
    assert "commit" in told
    allow = ("--commitment-policy", "require-encrypt-allow-decrypt")
    assert 0 == file("decrypt", *allow, "--key-id", keys[0], sealed, "--output", opened).exit_code
    assert TEXT == opened.read_bytes()


def test_the_sdk_reads_what_the_command_writes_and_writes_what_it_reads(served, file, keys, sealed, monkeypatch):
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    provider = Keys(key_ids=[keys[0]], commitment_policy=POLICY).provider()
    client = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    opened, header = client.decrypt(source=sealed.read_bytes(), key_provider=provider)
    assert (TEXT, "web") == (opened, header.encryption_context["app"])
    for frame_length in (0, 4096):  # 0: a message that is not framed
        made, _ = client.encrypt(source=TEXT, key_provider=provider, frame_length=frame_length)
        done = file("decrypt", "--key-id", keys[0], "-", "--output", "-", given=made)
        assert (0, TEXT) == (done.exit_code, done.stdout_bytes)


class Zeros:
    """A source of so many zeros."""

    def __init__(self, size):
        self.left = size

    def read(self, size=-1):
        taken = self.left if size < 0 else min(size, self.left)
        self.left -= taken
        return bytes(taken)


def test_memory_does_not_grow_with_the_file(served, keys, tmp_path, monkeypatch):
    for name, value in environment(served).items():
        monkeypatch.setenv(name, value)
    of_key, size = Keys(key_ids=[keys[0]], commitment_policy=POLICY), 64 * BLOCK
    tracemalloc.start()
    try:
        with (tmp_path / "sealed").open("wb") as output:
            file_message.encrypt(of_key, {}, Zeros(size), output, lambda _: None)
        with (tmp_path / "sealed").open("rb") as source, (tmp_path / "opened").open("wb") as output:
            file_message.decrypt(of_key, {}, source, output, lambda _: None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == (tmp_path / "opened").stat().st_size
    assert peak < size / 2  # 14 to 21 MB, most of them botocore's models


def test_without_the_sdk_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "aws_encryption_sdk", None)
    monkeypatch.delitem(sys.modules, "keyservice.cli.file_message")
    monkeypatch.delattr(keyservice.cli, "file_message")
    done = CliRunner().invoke(main, ["file", "encrypt", "--key-id", "k", "-", "--output", str(tmp_path / "made")])
    assert "this needs the AWS Encryption SDK: pip install 'wardkey[file]'" == refusal(done)
    assert 0 == CliRunner().invoke(main, ["file", "encrypt", "--help"]).exit_code


@pytest.mark.parametrize("verb", ["encrypt", "decrypt"])
def test_help_shows_examples(verb):
    told = CliRunner().invoke(main, ["file", verb, "--help"]).output
    assert f"keyservice file {verb} --key-id" in told


def started(served, *arguments, **how):
    command_line = [sys.executable, "-m", "keyservice.cli.main", "file", *map(str, arguments)]
    return subprocess.Popen(command_line, env=environment(served), **how)


def test_a_command_that_is_told_to_end_leaves_no_draft(served, keys, sealed, tmp_path):
    place = tmp_path / "made"
    place.mkdir()
    arguments = ("decrypt", "--key-id", keys[0], "-", "--output", place / "opened")
    with started(served, *arguments, stdin=subprocess.PIPE) as process:
        process.stdin.write(sealed.read_bytes()[:-1])
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while not names(place) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert names(place)
        process.send_signal(signal.SIGTERM)
        assert 128 + signal.SIGTERM == process.wait(timeout=30)
    assert set() == names(place)


def test_progress_is_shown_on_a_terminal(served, keys, plain, tmp_path):
    terminal, theirs = pty.openpty()
    try:
        arguments = ("encrypt", "--key-id", keys[0], plain, "--output", tmp_path / "made")
        with started(served, *arguments, stderr=theirs) as process:
            assert 0 == process.wait(timeout=30)
        assert b"0.1 of 0.1 MB" in os.read(terminal, 4096)
    finally:
        os.close(terminal)
        os.close(theirs)
