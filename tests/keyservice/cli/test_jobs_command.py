"""`keyservice jobs`: told by the running service, or read from the store at rest."""

import json

import pytest
from click.testing import CliRunner

from keyservice.cli.jobs import command
from keyservice.identity.control import ControlError, call
from keyservice.jobs.served import COMMAND, handler
from tests.keyservice.identity.test_identities_control import serving
from tests.keyservice.jobs.keys import DAY, leaving_key, rotating_key, stored
from tests.live import open_service, shared_clock


@pytest.fixture
def clock(monkeypatch):
    settable = shared_clock(monkeypatch)
    settable.moment = 1_800_000_000.0  # 2027-01-15T08:00:00Z
    return settable


@pytest.fixture
def service(tmp_path, clock):
    opened = open_service(tmp_path / "data", clock)
    yield opened
    opened.close()


def run(service, *more):
    done = CliRunner().invoke(command, ["--data", str(service.opened.directory.path), *more])
    return done.exit_code, done.output


def test_at_rest_it_shows_what_was_done_last_and_what_comes_next(service, clock):
    rotating = stored(service, rotating_key(service, days=90))
    leaving = stored(service, leaving_key(service, days=7))
    rotating_key(service, days=365)
    code, output = run(service, "--next", "1")
    assert (0, "") == (code, output.split("\n")[1])
    assert output == (
        "jobs: no service runs here\n\n"
        "rotation: rotates keys by their schedule\n"
        "  last  never had anything to do\n"
        f"  next  2027-04-15T08:00:00Z  {rotating.arn}\n\n"
        "deletion: deletes keys whose waiting period has ended\n"
        "  last  never had anything to do\n"
        f"  next  2027-01-22T08:00:00Z  {leaving.arn}\n\n"
        "import expiry: erases imported key material that has expired\n"
        "  last  never had anything to do\n"
        "  next  nothing\n"
    )
    clock.advance(7 * DAY)
    service.run_due()
    assert "  last  2027-01-22T08:00:00Z  1 done\n  next  nothing\n" in run(service)[1]


def test_a_fault_is_shown_with_the_key_that_has_it(service, clock):
    key = leaving_key(service)
    with service.opened.store.change() as change:
        change._run("UPDATE key SET record = CAST('{}' AS BLOB) WHERE key_id = ?", key)
    clock.advance(7 * DAY)
    service.run_due()
    _, output = run(service, "--next", "0")
    assert f"0 done, 1 failed (the last: {key} in us-east-1: StoreError)" in output


def test_through_the_running_service_it_has_what_is_due_done_first(service, clock):
    leaving_key(service)
    clock.advance(7 * DAY)
    answer = handler(service.opened.store, service.app.clockwork)
    with serving(service.opened.directory.control_socket, {COMMAND: answer}):
        assert "deletion: deletes keys whose waiting period has ended\n  last  never" in run(service)[1]
        code, output = run(service, "--run", "--output", "json")
        with pytest.raises(ControlError, match="expected a limit from 0 to 1000"):
            call(service.opened.directory.control_socket, {"command": COMMAND, "limit": "many"})
    assert 0 == code
    report = json.loads(output)
    assert clock.now() == report["last_look"]
    deletion = next(job for job in report["jobs"] if job["name"] == "deletion")
    assert {"name": "deletion", "ran": clock.now(), "done": 1, "failed": 0, "fault": None} == deletion["last"]
    assert [] == deletion["next"]


def test_with_no_service_there_is_nobody_to_run_what_is_due(service):
    code, output = run(service, "--run")
    assert (1, True) == (code, "no service listens" in output)


def test_a_directory_without_a_store_is_told(tmp_path):
    done = CliRunner().invoke(command, ["--data", str(tmp_path)])
    assert (1, True) == (done.exit_code, "does not exist" in done.output)
