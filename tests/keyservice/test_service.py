"""The pipeline when something of ours fails: no success without its record, and nothing told but that it failed."""

import json
import os
import threading
from dataclasses import replace

import pytest

from keyservice.authorize.documents import PolicyCache, UnreadablePolicyError
from keyservice.keystore.software import SoftwareKeyStore
from keyservice.model.key import KeyState
from keyservice.operations.registry import OPERATIONS
from keyservice.wire import endpoint
from tests.keyservice.operations.cases import POLICY, encoded


def test_no_success_leaves_when_the_trail_cannot_be_written_and_the_service_is_no_longer_ready(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    assert 200 == service.send(b"", {}, method="GET", path="/readyz").status

    def full(descriptor, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    sound = {"KeyId": key, "Plaintext": encoded(b"x")}
    for answer in (
        service.call("Encrypt", sound),
        service.call("Encrypt", sound),
        service.call("DescribeKey", {"KeyId": key}),
        service.call("Encrypt", sound, user="nobody"),
        service.call("Encrypt", sound, user=None),
    ):
        assert (500, "KMSInternalException") == (answer.status, answer.type)
        assert b"No space" not in answer.body
    ready = service.send(b"", {}, method="GET", path="/readyz")
    assert (503, {"status": "not ready", "store": True, "trail": False}) == (ready.status, json.loads(ready.body))


def test_a_change_that_cannot_be_committed_is_told_and_leaves_nothing(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    monkeypatch.setattr(type(service.opened.store), "change", broken)
    answer = service.call("DisableKey", {"KeyId": key})
    assert (500, "KMSInternalException") == (answer.status, answer.type)
    monkeypatch.undo()
    assert "Enabled" == service.call("DescribeKey", {"KeyId": key}).json["KeyMetadata"]["KeyState"]


MESSAGE = "a secret in a message"


def broken(*_):
    raise RuntimeError(MESSAGE)


def test_a_fault_of_ours_is_recorded_and_its_message_is_nowhere(service, monkeypatch, caplog):
    key = service.make_key(POLICY)["KeyId"]
    service.entries()
    monkeypatch.setattr(SoftwareKeyStore, "encrypt", broken)
    answer = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x")})
    assert (500, "KMSInternalException") == (answer.status, answer.type)
    entries = service.entries()
    assert [("Encrypt", "KMSInternalException", answer.request_id)] == [
        (entry["event"]["eventName"], entry["event"]["errorCode"], entry["event"]["requestID"]) for entry in entries
    ]
    assert "RuntimeError" in caplog.text
    assert "test_service.py" in caplog.text
    assert MESSAGE not in caplog.text + json.dumps(entries) + answer.body.decode()


def test_a_record_that_cannot_be_written_as_a_line_is_a_fault_of_ours_too(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    monkeypatch.setattr("keyservice.operations.record.trail_line", broken)
    answer = service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x")})
    assert (500, "KMSInternalException") == (answer.status, answer.type)
    made = service.call("CreateKey")
    assert (500, "KMSInternalException") == (made.status, made.type)


def test_an_operation_that_asks_nobody_does_not_run(service, monkeypatch):
    asks_nobody = replace(OPERATIONS["kms", "ListKeys"], locate=lambda run, given: ())
    monkeypatch.setitem(endpoint._BY_TARGET, "TrentService.ListKeys", asks_nobody)
    assert 500 == service.call("ListKeys").status


def test_a_key_that_is_gone_when_the_change_begins_is_not_found(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    store = type(service.opened.store)
    change = store.change

    def deleted_before(self):
        with change(self) as before:
            before.delete_key("us-east-1", key)
        return change(self)

    monkeypatch.setattr(store, "change", deleted_before)
    answer = service.call("DisableKey", {"KeyId": key})
    assert (400, "NotFoundException") == (answer.status, answer.type)


def test_a_state_that_changes_before_the_change_begins_is_looked_at_again(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    store = type(service.opened.store)
    change = store.change

    def scheduled_before(self):
        monkeypatch.setattr(store, "change", change)
        with change(self) as before:
            before.put_key(replace(before.key("us-east-1", key), state=KeyState.PENDING_DELETION))
        return change(self)

    monkeypatch.setattr(store, "change", scheduled_before)
    answer = service.call("DisableKey", {"KeyId": key})
    assert (400, "KMSInvalidStateException") == (answer.status, answer.type)


def test_a_policy_that_has_not_been_seen_is_compiled_off_the_event_loop_and_then_kept(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    compiled = []
    compile_ = PolicyCache._compile

    def watched(self, text):
        compiled.append(threading.current_thread() is threading.main_thread())
        return compile_(self, text)

    monkeypatch.setattr(PolicyCache, "_compile", watched)
    document = {**POLICY, "Id": "another"}
    given = {"KeyId": key, "Policy": json.dumps(document), "BypassPolicyLockoutSafetyCheck": True}
    assert 200 == service.call("PutKeyPolicy", given).status
    for _ in range(3):
        assert 200 == service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x")}).status
    assert [False] == compiled


def test_the_cache_of_policies_lets_the_oldest_go():
    texts = [json.dumps({**POLICY, "Id": f"policy-{number}"}) for number in range(4)]
    cache = PolicyCache(most_text=2 * len(texts[0]))
    cache.compile(texts)
    assert [False, False, True, True] == [cache.knows([text]) for text in texts]
    assert cache.knows(())
    with pytest.raises(UnreadablePolicyError):
        cache.compile(["no policy"])


def test_a_plaintext_data_key_is_as_random_as_the_key_store_says(service, monkeypatch):
    key = service.make_key(POLICY)["KeyId"]
    monkeypatch.setattr(SoftwareKeyStore, "random", lambda self, length: b"\7" * length)
    answer = service.call("GenerateDataKey", {"KeyId": key, "NumberOfBytes": 5})
    assert encoded(b"\7" * 5) == answer.json["Plaintext"]
