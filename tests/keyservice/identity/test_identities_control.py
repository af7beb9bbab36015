"""Commands on the control socket of a running service."""

import asyncio
import contextlib
import os
import socket
import stat
import threading

import pytest

from keyservice.identity.control import ControlError, ControlServer, NoServiceError, call
from keyservice.identity.served import COMMAND, Directory, apply_there, handlers
from keyservice.store.sqlite import SqliteStore
from tests.keyservice.identity.files import ACCOUNT, DOMAIN_KEY, identities, no_faults


@contextlib.contextmanager
def serving(path, handlers):
    """A ControlServer in an event loop of its own."""
    loop = asyncio.new_event_loop()
    server = ControlServer(path, handlers)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def refuse(message):
    raise ControlError(["first", "second"])


def answers_of(store):
    directory = Directory(
        store=store, domain_key=DOMAIN_KEY, clock=lambda: 1000.0, random=os.urandom, journal=lambda event: b"{}"
    )
    return handlers(directory, no_faults)


HANDLERS = {"echo": lambda message: {"said": message["text"]}, "refuse": refuse}


def test_a_command_is_answered(tmp_path):
    with serving(tmp_path / "control.sock", HANDLERS):
        assert {"said": "ü\n"} == call(tmp_path / "control.sock", {"command": "echo", "text": "ü\n"})


def test_the_socket_is_its_owners_alone_and_goes_with_the_service(tmp_path):
    path = tmp_path / "control.sock"
    path.write_text("left behind by a service that was killed")
    with serving(path, HANDLERS):
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


def test_a_path_longer_than_a_socket_name_will_do(tmp_path):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with serving(deep / "control.sock", HANDLERS):
        assert {"said": 1} == call(deep / "control.sock", {"command": "echo", "text": 1})


def test_a_refusal_carries_its_faults(tmp_path):
    with serving(tmp_path / "control.sock", HANDLERS), pytest.raises(ControlError) as caught:
        call(tmp_path / "control.sock", {"command": "refuse"})
    assert ("first", "second") == caught.value.faults


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b"[]\n", b"{}\n", b'{"command": []}\n', b"\xff\n", b"[" * 100_000 + b"\n"]
)
def test_nonsense_is_refused_and_the_next_command_is_answered(tmp_path, line):
    path = tmp_path / "control.sock"
    with serving(path, HANDLERS):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(line)
            assert connection.makefile("rb").readline().startswith(b'{"faults": [')
        assert {"said": 2} == call(path, {"command": "echo", "text": 2})


def test_a_caller_who_hangs_up_disturbs_nobody(tmp_path):
    path = tmp_path / "control.sock"
    with serving(path, HANDLERS):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(b"half a line")
        assert {"said": 3} == call(path, {"command": "echo", "text": 3})


def test_no_service_is_one_fault(tmp_path):
    with pytest.raises(NoServiceError):
        call(tmp_path / "control.sock", {"command": "echo"})


def test_a_socket_left_behind_is_no_service(tmp_path):
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(tmp_path / "control.sock"))
    with pytest.raises(NoServiceError):
        call(tmp_path / "control.sock", {"command": "echo"})


def test_a_handler_that_breaks_is_one_fault_for_the_command(tmp_path, caplog):
    with serving(tmp_path / "control.sock", HANDLERS), pytest.raises(ControlError) as caught:
        call(tmp_path / "control.sock", {"command": "echo"})
    assert "the running service failed" in caught.value.faults[0]
    assert "KeyError" in caplog.text


def test_identities_are_applied_through_the_running_service(tmp_path):
    store = SqliteStore.open(tmp_path / "store.db", create=True)
    answers = answers_of(store)
    with serving(tmp_path / "control.sock", answers):
        rehearsed = apply_there(tmp_path / "control.sock", identities(), dry_run=True)
        assert store.role(ACCOUNT, "WebServer") is None
        done = apply_there(tmp_path / "control.sock", identities(), dry_run=False)
        again = apply_there(tmp_path / "control.sock", identities(), dry_run=False)
    assert (8, 8, 8) == (len(rehearsed.lines), len(done.lines), len(again.lines))
    assert (0, 1, 0) == (len(rehearsed.access_keys), len(done.access_keys), len(again.access_keys))
    assert all(line.startswith("  unchanged") for line in again.lines)
    assert store.role(ACCOUNT, "WebServer") is not None
    store.close()


def test_the_service_reads_no_files_for_a_command(tmp_path):
    answer = answers_of(None)[COMMAND]
    document = {"accounts": [{"id": ACCOUNT, "roles": [{"name": "R", "trust_policy": "/etc/passwd"}]}]}
    with pytest.raises(ControlError) as caught:
        answer({"document": document})
    expected = "accounts[0].roles[0].trust_policy: `/etc/passwd`: expected the policy document itself"
    assert (expected,) == caught.value.faults
