"""`keyservice serve` as a process that is killed: whatever it had answered is there when it starts again."""

import json
import signal
import subprocess

from keyservice.audit.reader import TrailReader
from keyservice.store.sqlite import SqliteStore
from tests.crash.process import ENVIRONMENT, KEYSERVICE, administrator, free_port, process
from tests.live import REGION


def test_everything_that_was_answered_survives_kill_9(tmp_path):
    data, port = tmp_path / "data", free_port()
    answered = []
    with process(data, port) as running:
        admin = administrator(data, port)
        admin.meta.events.register("after-call", lambda parsed, **_: answered.append(parsed["ResponseMetadata"]))
        key = admin.create_key(Description="kept", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
        name = key["KeyId"]
        admin.create_alias(AliasName="alias/kept", TargetKeyId=name)
        admin.enable_key_rotation(KeyId=name, RotationPeriodInDays=200)
        document = json.loads(admin.get_key_policy(KeyId=name)["Policy"])
        document["Id"] = "kept"
        admin.put_key_policy(KeyId=name, Policy=json.dumps(document))
        blob = admin.encrypt(KeyId=name, Plaintext=b"kept", EncryptionContext={"a": "b"})["CiphertextBlob"]
        disabled = admin.create_key()["KeyMetadata"]["KeyId"]
        admin.disable_key(KeyId=disabled)
        pending = admin.create_key()["KeyMetadata"]["KeyId"]
        date = admin.schedule_key_deletion(KeyId=pending, PendingWindowInDays=7)["DeletionDate"]
        status = admin.get_key_rotation_status(KeyId=name)
        for number in range(50):
            admin.encrypt(KeyId=name, Plaintext=b"%d" % number)
        running.send_signal(signal.SIGKILL)
        running.wait()
    store = SqliteStore.open(data / "wardkey.db", create=False)
    trail = TrailReader(data / "trail", store)
    recorded = {entry["event"].get("requestID") for entry in trail.entries()}  # what no call caused has none
    store.close()
    assert 61 == len(answered)
    assert set() == {answer["RequestId"] for answer in answered} - recorded
    with process(data, port):
        admin = administrator(data, port)
        again = admin.describe_key(KeyId="alias/kept")["KeyMetadata"]
        assert key == again
        assert b"kept" == admin.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})["Plaintext"]
        assert document == json.loads(admin.get_key_policy(KeyId=name)["Policy"])
        assert "Disabled" == admin.describe_key(KeyId=disabled)["KeyMetadata"]["KeyState"]
        assert date == admin.describe_key(KeyId=pending)["KeyMetadata"]["DeletionDate"]
        rotation = admin.get_key_rotation_status(KeyId=name)
        assert status["NextRotationDate"] == rotation["NextRotationDate"]
        assert REGION in again["Arn"]


def test_a_second_service_on_the_same_directory_or_port_says_why_it_does_not_start(tmp_path):
    data, port = tmp_path / "data", free_port()
    with process(data, port):
        for directory in (data, tmp_path / "other"):
            done = subprocess.run(
                [*KEYSERVICE, "serve", "--data", str(directory), "--port", str(port)],
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
                timeout=30,
            )
            assert 1 == done.returncode
            assert done.stderr.startswith("Error: cannot start: ")
            assert "Traceback" not in done.stderr
    done = subprocess.run(
        [*KEYSERVICE, "serve", "--data", str(data), "--port", "70000", "--account", "x", "--region", "nowhere"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert 2 == done.returncode
    assert ["--account", "--port", "--region"] == sorted(
        word for word in ("--port", "--account", "--region") if f"{word}: " in done.stderr
    )
