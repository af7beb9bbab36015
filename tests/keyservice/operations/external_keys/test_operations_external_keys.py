"""Keys of external key stores, with a proxy of ours: made and used, while it works, lies, hangs or is gone."""

import base64
import json
import time
from contextlib import ExitStack

import pytest

from keyservice.keystore import xks_proxies
from keyservice.keystore.xks_faults import BY_NAME, XksFault
from tests import xks_proxy
from tests.keyservice.operations.external_keys.calls import (
    MEMBERS,
    PLAINTEXT,
    K,
    S,
    connection,
    decrypt,
    encrypt,
    make_key,
    on,
    opened_with,
)
from tests.live import shared_clock
from tests.xks_proxy import PATH, running_proxy

# Keys in them.


def test_a_key_of_an_external_key_store_names_its_external_key(service, connected, key, proxy):
    metadata = service.call("DescribeKey", {"KeyId": key["KeyId"]}).json["KeyMetadata"]
    assert key == metadata
    assert ({"Id": "one"}, connected, "EXTERNAL_KEY_STORE", "Enabled") == (
        key["XksKeyConfiguration"],
        key["CustomKeyStoreId"],
        key["Origin"],
        key["KeyState"],
    )
    assert {"CloudHsmClusterId", "CurrentKeyMaterialId"}.isdisjoint(key)
    operation, given, _ = proxy.calls[-1]
    told = given["requestMetadata"]
    assert ("metadata", "CreateKey", False) == (operation, told["kmsOperation"], "kmsKeyArn" in told)


def test_the_proxy_is_told_who_calls_what_on_which_key_and_never_the_plaintext(service, key, proxy):
    context = {"EncryptionContext": {"secret-app": "web"}}
    answer = encrypt(service, key, **context)
    operation, given, _ = proxy.calls[-1]
    expected = {
        "awsPrincipalArn": "arn:aws:iam::111122223333:user/admin",
        "kmsKeyArn": key["Arn"],
        "kmsOperation": "Encrypt",
        "kmsRequestId": answer.request_id,
    }
    assert ("encrypt", expected) == (operation, given["requestMetadata"])
    assert (False, False) == (PLAINTEXT in json.dumps(given), "secret-app" in json.dumps(given))
    assert PLAINTEXT == decrypt(service, answer.json["CiphertextBlob"], **context).json["Plaintext"]
    assert "Decrypt" == proxy.calls[-1][1]["requestMetadata"]["kmsOperation"]


def test_a_key_encrypts_data_and_data_keys_and_is_re_encrypted_from_and_to(service, key, proxy):
    blob = encrypt(service, key).json["CiphertextBlob"]
    assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]
    data_key = service.call("GenerateDataKey", {"KeyId": key["KeyId"], "KeySpec": "AES_256"}).json
    assert data_key["Plaintext"] == decrypt(service, data_key["CiphertextBlob"]).json["Plaintext"]
    without = service.call("GenerateDataKeyWithoutPlaintext", {"KeyId": key["KeyId"], "NumberOfBytes": 1024})
    assert 200 == decrypt(service, without.json["CiphertextBlob"]).status
    software = service.make_key()
    there = service.call("ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": software["KeyId"]}).json
    back = service.call("ReEncrypt", {"CiphertextBlob": there["CiphertextBlob"], "DestinationKeyId": key["KeyId"]}).json
    assert PLAINTEXT == decrypt(service, back["CiphertextBlob"]).json["Plaintext"]
    assert {"ReEncrypt"} <= {given["requestMetadata"]["kmsOperation"] for _, given, _ in proxy.calls}
    largest = base64.b64encode(bytes(4096)).decode()
    big = service.call("Encrypt", {"KeyId": key["KeyId"], "Plaintext": largest}).json["CiphertextBlob"]
    assert largest == decrypt(service, big).json["Plaintext"]


def test_a_ciphertext_or_a_context_that_is_not_the_message_s_is_told_in_aws_s_words(service, key):
    blob = encrypt(service, key).json["CiphertextBlob"]
    other = decrypt(service, blob, EncryptionContext={"a": "b"})
    assert (K, XksFault.INVALID_CIPHERTEXT.value.message) == (other.type, other.message)
    raw = base64.b64decode(blob)
    for changed, expected in ((raw[:-1] + bytes([raw[-1] ^ 1]), K), (raw[:-1], K)):
        assert expected == decrypt(service, base64.b64encode(changed).decode()).type
    header = raw[:50] + bytes([raw[50] ^ 1]) + raw[51:]
    assert "InvalidCiphertextException" == decrypt(service, base64.b64encode(header).decode()).type


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"XksKeyId": None}, "ValidationException"),
        ({"CustomKeyStoreId": None}, "ValidationException"),
        ({"Origin": "AWS_KMS"}, "ValidationException"),
        ({"Origin": "AWS_CLOUDHSM", "XksKeyId": None}, "UnsupportedOperationException"),
        ({"XksKeyId": "a/b"}, "ValidationException"),
        ({"XksKeyId": "a?b"}, "ValidationException"),
        ({"XksKeyId": "x" * 129}, "ValidationException"),
        ({"XksKeyId": "."}, "XksKeyNotFoundException"),
        ({"XksKeyId": ".."}, "XksKeyNotFoundException"),
        ({"XksKeyId": "no-such-key"}, "XksKeyNotFoundException"),
        ({"MultiRegion": True}, "UnsupportedOperationException"),
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "UnsupportedOperationException"),
    ],
    ids=str,
)
def test_a_key_that_no_external_key_store_has_is_refused(service, connected, members, code):
    given = {"CustomKeyStoreId": connected, "Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "one", **members}
    assert code == service.call("CreateKey", given).type


@pytest.mark.parametrize(
    "changed", [{"spec": "AES_128"}, {"usage": ("DECRYPT",)}, {"status": "DISABLED"}], ids=lambda one: next(iter(one))
)
def test_an_external_key_that_is_not_as_it_must_be_makes_no_key(service, connected, proxy, changed):
    for name, value in changed.items():
        setattr(proxy.keys["one"], name, value)
    assert "XksKeyInvalidConfigurationException" == make_key(service, connected).type


def test_every_fault_of_a_proxy_is_an_error_of_aws_when_a_key_is_made(service, connected, proxy):
    for name, fault in BY_NAME.items():
        proxy.refuse = name
        answer = make_key(service, connected)
        assert (400, fault.value.making.code, fault.value.message) == (answer.status, answer.type, answer.message)
    assert [] == service.call("ListKeys").json["Keys"]


def test_an_external_key_is_one_key_s_as_long_as_that_is_there(tmp_path, proxy, monkeypatch):
    clock = shared_clock(monkeypatch)
    with opened_with(tmp_path / "data", proxy, clock=clock) as service:
        store = service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]
        on(service, "ConnectCustomKeyStore", store)
        key = make_key(service, store).json["KeyMetadata"]
        assert "XksKeyAlreadyInUseException" == make_key(service, store).type
        assert 200 == make_key(service, store, "two").status
        service.call("ScheduleKeyDeletion", {"KeyId": key["KeyId"], "PendingWindowInDays": 7})
        assert "XksKeyAlreadyInUseException" == make_key(service, store).type
        clock.advance(8 * 86_400)
        service.run_due()
        assert {"one", "two", "three", "four"} == set(proxy.keys)
        assert 200 == make_key(service, store).status


def test_what_aws_does_not_do_with_such_keys_is_unsupported(service, connected, key):
    for operation in ("EnableKeyRotation", "GetKeyRotationStatus", "RotateKeyOnDemand"):
        assert "UnsupportedOperationException" == service.call(operation, {"KeyId": key["KeyId"]}).type
    for operation in ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"):
        given = {"KeyId": key["KeyId"], "KeyPairSpec": "ECC_NIST_P256"}
        assert "UnsupportedOperationException" == service.call(operation, given).type
    random = service.call("GenerateRandom", {"CustomKeyStoreId": connected, "NumberOfBytes": 16})
    assert "UnsupportedOperationException" == random.type


# A proxy that fails, and comes back.


def test_keys_are_unavailable_while_their_store_is_disconnected(service, connected, key, proxy):
    blob = encrypt(service, key).json["CiphertextBlob"]
    on(service, "DisconnectCustomKeyStore", connected)
    asked = len(proxy.calls)
    state = service.call("DescribeKey", {"KeyId": key["KeyId"]}).json["KeyMetadata"]
    assert ("Unavailable", False) == (state["KeyState"], state["Enabled"])
    for answer in (encrypt(service, key), decrypt(service, blob)):
        assert (K, f"{key['Arn']} is unavailable.") == (answer.type, answer.message)
    refused = make_key(service, connected, "two")
    assert (S, XksFault.DISCONNECTED.value.message) == (refused.type, refused.message)
    assert asked == len(proxy.calls)
    on(service, "ConnectCustomKeyStore", connected)
    assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]


def test_every_fault_of_a_proxy_is_an_invalid_state_in_aws_s_words_when_a_key_is_used(service, key, proxy):
    blob = encrypt(service, key).json["CiphertextBlob"]
    for name, fault in BY_NAME.items():
        proxy.refuse = name
        for answer in (encrypt(service, key), decrypt(service, blob)):
            assert (400, K, fault.value.message) == (answer.status, answer.type, answer.message)
    proxy.refuse = None
    assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]


def test_an_external_key_that_is_disabled_or_gone_makes_its_key_fail_and_no_other(service, connected, key, proxy):
    other = make_key(service, connected, "two").json["KeyMetadata"]
    proxy.keys["one"].status = "DISABLED"
    assert XksFault.INVALID_STATE.value.message == encrypt(service, key).message
    del proxy.keys["one"]
    assert XksFault.KEY_NOT_FOUND.value.message == encrypt(service, key).message
    assert 200 == encrypt(service, other).status


@pytest.mark.parametrize(
    "respond",
    [
        xks_proxy.huge,
        xks_proxy.redirect,
        *map(xks_proxy.says, (b"", b"<html>", b"[]", b"{}", b"\xff" * 100, b"[" * 9999)),
    ],
    ids=["huge", "redirect", "nothing", "html", "a list", "an empty object", "no UTF-8", "nested"],
)
def test_a_proxy_that_talks_nonsense_is_an_error_and_no_500(service, connected, key, proxy, respond):
    blob = encrypt(service, key).json["CiphertextBlob"]
    proxy.respond = respond
    for answer, expected in (
        (encrypt(service, key), K),
        (decrypt(service, blob), K),
        (make_key(service, connected, "two"), S),
        (on(service, "UpdateCustomKeyStore", connected, XksProxyUriPath=PATH), "XksProxyInvalidResponseException"),
    ):
        told = XksFault.MALFORMED.value.message
        assert (400, expected, told) == (answer.status, answer.type, answer.message)
    on(service, "ConnectCustomKeyStore", connected)
    assert ("FAILED", "XKS_PROXY_INVALID_RESPONSE") == connection(service, connected)


LIES = {
    "another tag": lambda answer: {**answer, "authenticationTag": xks_proxy.encoded(bytes(16))},
    "another ciphertext": lambda answer: {**answer, "ciphertext": xks_proxy.encoded(bytes(20))},
    "no integrity value": lambda answer: {**answer, "ciphertextDataIntegrityValue": None},
    "a long tag": lambda answer: {**answer, "authenticationTag": xks_proxy.encoded(bytes(17))},
    "long metadata": lambda answer: {**answer, "ciphertextMetadata": xks_proxy.encoded(bytes(21))},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_ciphertext_that_is_not_what_it_says_is_never_handed_out(service, key, proxy, lie):
    proxy.tamper = lambda operation, answer: LIES[lie](answer) if operation == "encrypt" else answer
    answer = encrypt(service, key)
    assert (400, K, XksFault.MALFORMED.value.message) == (answer.status, answer.type, answer.message)


def test_a_plaintext_that_is_not_what_was_encrypted_is_never_handed_out(service, key, proxy):
    blob = encrypt(service, key).json["CiphertextBlob"]
    proxy.tamper = lambda operation, answer: {"plaintext": xks_proxy.encoded(bytes(20))}
    answer = decrypt(service, blob)
    assert (400, K, XksFault.WRONG_PLAINTEXT.value.message) == (answer.status, answer.type, answer.message)


@pytest.mark.parametrize("respond", [xks_proxy.hang, xks_proxy.drip], ids=["silence", "a byte now and then"])
def test_no_call_takes_longer_than_the_time_that_a_proxy_has(tmp_path, proxy, respond, monkeypatch):
    monkeypatch.setattr(xks_proxies, "REST", 0.2)
    data = tmp_path / "data"
    with opened_with(data, proxy) as service:
        store = service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]
        on(service, "ConnectCustomKeyStore", store)
        key = make_key(service, store).json["KeyMetadata"]
        blob = encrypt(service, key).json["CiphertextBlob"]
    proxy.respond = respond
    with opened_with(data, proxy, xks_timeout=0.25) as service:
        for _ in range(5):
            before = time.monotonic()
            answer = decrypt(service, blob)
            told = XksFault.TIMED_OUT.value.message
            assert (K, told, True) == (answer.type, answer.message, time.monotonic() - before < 2)
        assert "Enabled" == service.call("DescribeKey", {"KeyId": key["KeyId"]}).json["KeyMetadata"]["KeyState"]
        assert 200 == service.call("Encrypt", {"KeyId": service.make_key()["KeyId"], "Plaintext": PLAINTEXT}).status
        proxy.respond = None
        deadline = time.monotonic() + 20
        while decrypt(service, blob).status != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]


def test_a_proxy_that_is_gone_makes_calls_fail_and_comes_back_without_a_restart(tmp_path, tls):
    with ExitStack() as stack:
        with running_proxy(tls) as proxy:
            service = stack.enter_context(opened_with(tmp_path / "data", proxy))
            store = service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]
            on(service, "ConnectCustomKeyStore", store)
            key = make_key(service, store).json["KeyMetadata"]
            blob = encrypt(service, key).json["CiphertextBlob"]
        gone = encrypt(service, key)
        assert (K, XksFault.NO_CONNECTION.value.message) == (gone.type, gone.message)
        assert S == make_key(service, store, "two").type
        assert ("CONNECTED", None) == connection(service, store)
        with running_proxy(tls, port=proxy.port, proxy=proxy):
            assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]
        on(service, "ConnectCustomKeyStore", store)
        assert ("FAILED", "XKS_PROXY_NOT_REACHABLE") == connection(service, store)
        with running_proxy(tls, port=proxy.port, proxy=proxy):
            assert f"{key['Arn']} is unavailable." == decrypt(service, blob).message
            on(service, "DisconnectCustomKeyStore", store)
            on(service, "ConnectCustomKeyStore", store)
            assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]


def test_who_may_use_an_external_key_store_is_said_by_policies(service, store):
    assert (
        "AccessDeniedException" == service.call("ConnectCustomKeyStore", {"CustomKeyStoreId": store}, user="alice").type
    )
    denied = service.call("CreateCustomKeyStore", {**MEMBERS, "CustomKeyStoreName": "b"}, user="alice")
    assert "AccessDeniedException" == denied.type
    foreign = service.call("DescribeCustomKeyStores", {"CustomKeyStoreId": store}, user="foreign")
    assert "CustomKeyStoreNotFoundException" == foreign.type
