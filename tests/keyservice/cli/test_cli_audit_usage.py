"""`keyservice audit tail` and `keyservice usage` on a data directory."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from keyservice.audit.record import Call, Resource, UserIdentity, event, line
from keyservice.audit.segment import frame
from keyservice.audit.trail import Trail
from keyservice.cli.audit import command as audit
from keyservice.cli.usage import command as usage
from keyservice.metering.usage import usage_mark
from keyservice.store.sqlite import SqliteStore

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"


def written(second: int, operation: str, *, error: str | None = None, user: str = "Alice") -> bytes:
    call = Call(
        operation=operation,
        event_time=float(second),
        region="us-east-1",
        identity=UserIdentity(type="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/{user}", account_id=ACCOUNT),
        source_ip="127.0.0.1",
        resources=(Resource(arn=KEY, account_id=ACCOUNT),),
        read_only=True,
        request_id="r",
        event_id="e",
        error_code=error,
        recipient_account=ACCOUNT,
    )
    mark = usage_mark(
        account=ACCOUNT, operation=operation, key_arn=KEY, key_spec="SYMMETRIC_DEFAULT", succeeded=error is None
    )
    return line(event(call), mark)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = SqliteStore.open(tmp_path / "wardkey.db", create=True)
    with store.change() as change:
        change.append_trail(written(0, "CreateKey"))
    trail = Trail.open(tmp_path / "trail")
    trail.append_blocking(written(1, "Decrypt", error="AccessDeniedException"))
    trail.append_blocking(written(2, "Decrypt"))
    trail.close()
    store.close()
    return tmp_path


def test_tail_prints_events_as_json_lines_in_the_order_of_time(data: Path) -> None:
    result = CliRunner().invoke(audit, ["tail", "--data", str(data), "--output", "json"])
    assert 0 == result.exit_code
    assert ["CreateKey", "Decrypt", "Decrypt"] == [json.loads(row)["eventName"] for row in result.stdout.splitlines()]


def test_tail_prints_a_line_an_event_for_people(data: Path) -> None:
    result = CliRunner().invoke(audit, ["tail", "--data", str(data), "-n", "2"])
    assert [
        ["1970-01-01T00:00:01Z", "Decrypt", "AccessDeniedException", f"arn:aws:iam::{ACCOUNT}:user/Alice", KEY],
        ["1970-01-01T00:00:02Z", "Decrypt", "ok", f"arn:aws:iam::{ACCOUNT}:user/Alice", KEY],
    ] == [row.split() for row in result.stdout.splitlines()]


def test_tail_lets_no_control_character_through_to_the_terminal(data: Path) -> None:
    trail = Trail.open(data / "trail")
    trail.append_blocking(written(3, "Decrypt", user="\x1b[2JMallory\u202e"))
    trail.close()
    result = CliRunner().invoke(audit, ["tail", "--data", str(data)])
    assert "\ufffd[2JMallory\ufffd" in result.stdout
    assert "\x1b" not in result.stdout


def test_damage_is_reported_and_the_rest_is_shown(data: Path) -> None:
    (data / "trail" / "20200101T000000Z-1-a-000001.trail").write_bytes(b"damage\n" + frame(written(4, "Encrypt")))
    result = CliRunner().invoke(audit, ["tail", "--data", str(data), "--output", "json"])
    assert 4 == len(result.stdout.splitlines())
    assert "warning: damaged entry in 20200101T000000Z-1-a-000001.trail at 7\n" == result.stderr


@pytest.mark.parametrize("command", [[audit, "tail"], [usage]])
def test_a_directory_without_a_store_is_a_clear_error(tmp_path: Path, command: list[object]) -> None:
    result = CliRunner().invoke(command[0], [*command[1:], "--data", str(tmp_path)])  # type: ignore[list-item, arg-type] # a command and its words
    assert 1 == result.exit_code
    assert f"Error: `{tmp_path / 'wardkey.db'}` does not exist\n" == result.stderr


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("key", [[KEY, "refused", 1], [KEY, "request", 2]]),
        ("operation", [["CreateKey", "request", 1], ["Decrypt", "refused", 1], ["Decrypt", "request", 1]]),
        (
            "principal",
            [
                [f"arn:aws:iam::{ACCOUNT}:user/Alice", "refused", 1],
                [f"arn:aws:iam::{ACCOUNT}:user/Alice", "request", 2],
            ],
        ),
    ],
)
def test_usage_is_counted_by_what_is_asked_for_in_every_output(data: Path, by: str, rows: list[list[object]]) -> None:
    def run(output: str) -> str:
        result = CliRunner().invoke(usage, ["--data", str(data), "--by", by, "--output", output])
        assert 0 == result.exit_code
        return result.stdout

    assert [
        {"account": ACCOUNT, by: name, "price_class": charged, "count": count} for name, charged, count in rows
    ] == (json.loads(run("json")))
    assert [f"account,{by},price_class,count", *(f"{ACCOUNT},{a},{b},{c}" for a, b, c in rows)] == run(
        "csv"
    ).splitlines()
    assert [["ACCOUNT", by.upper(), "CLASS", "COUNT"], *([ACCOUNT, *map(str, row)] for row in rows)] == [
        row.split() for row in run("text").splitlines()
    ]


def test_tail_follows_a_trail_that_is_being_written(data: Path) -> None:
    code = "from keyservice.cli.audit import command; command()"
    arguments = [sys.executable, "-c", code, "tail", "--follow", "--data", str(data), "--output", "json", "-n", "1"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as following:
        assert following.stdout is not None
        first = json.loads(following.stdout.readline())
        store = SqliteStore.open(data / "wardkey.db", create=False)
        with store.change() as change:
            change.append_trail(written(5, "DisableKey"))
        second = json.loads(following.stdout.readline())
        trail = Trail.open(data / "trail")
        trail.append_blocking(written(6, "Encrypt"))
        third = json.loads(following.stdout.readline())
        following.send_signal(signal.SIGKILL)
    trail.close()
    store.close()
    assert ["Decrypt", "DisableKey", "Encrypt"] == [entry["eventName"] for entry in (first, second, third)]
