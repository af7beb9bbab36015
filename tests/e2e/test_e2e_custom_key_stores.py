"""Custom key stores on SoftHSM2 with boto3: made, used, disconnected, the token deleted under the running service."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from keyservice.keystore import clusters
from tests.e2e.conftest import code_of
from tests.live import serving
from tests.memory_token import TRUST_ANCHOR
from tests.softhsm import CLUSTER, PASSWORD, make_softhsm, needs_softhsm

pytestmark = needs_softhsm

S = "KMSInvalidStateException"


@pytest.fixture
def softhsm(tmp_path, monkeypatch):
    return make_softhsm(tmp_path / "softhsm", monkeypatch)


@pytest.fixture
def served(tmp_path, softhsm, monkeypatch):
    monkeypatch.setattr(clusters, "REST", 0.1)
    with serving(tmp_path / "data", hsms=(softhsm.settings(),)) as service:
        yield service


@pytest.fixture
def kms(served):
    return served.client()


@pytest.fixture
def store(kms):
    made = kms.create_custom_key_store(
        CustomKeyStoreName="vault",
        CloudHsmClusterId=CLUSTER,
        TrustAnchorCertificate=TRUST_ANCHOR,
        KeyStorePassword=PASSWORD,
    )["CustomKeyStoreId"]
    kms.connect_custom_key_store(CustomKeyStoreId=made)
    return made


def connection(kms, store):
    (entry,) = kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"]
    return entry["ConnectionState"], entry.get("ConnectionErrorCode")


def make_key(kms, store):
    return kms.create_key(CustomKeyStoreId=store, Origin="AWS_CLOUDHSM")["KeyMetadata"]["KeyId"]


def state_of(kms, key):
    return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def test_a_key_in_an_hsm_lives_as_any_other(served, kms, store):
    key = make_key(kms, store)
    context = {"app": "web"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext=context)["CiphertextBlob"]
    assert b"text" == kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]
    assert "InvalidCiphertextException" == code_of(kms.decrypt, CiphertextBlob=blob)
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert data_key["Plaintext"] == kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]
    assert 4096 == len(
        kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key, Plaintext=bytes(4096))["CiphertextBlob"])["Plaintext"]
    )
    assert 32 == len(kms.generate_random(CustomKeyStoreId=store, NumberOfBytes=32)["Plaintext"])
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    assert ("Unavailable", S) == (state_of(kms, key), code_of(kms.encrypt, KeyId=key, Plaintext=b"text"))
    assert "CustomKeyStoreHasCMKsException" == code_of(kms.delete_custom_key_store, CustomKeyStoreId=store)
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert b"text" == kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]
    assert "keyStorePassword" not in str(served.events())


def test_a_token_deleted_under_the_running_service_is_no_fault_of_ours_and_its_keys_are_gone_for_good(
    kms, store, softhsm
):
    key = make_key(kms, store)
    blob = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    softhsm.delete()
    assert S == code_of(kms.encrypt, KeyId=key, Plaintext=b"text")
    assert S == code_of(kms.decrypt, CiphertextBlob=blob)
    assert S == code_of(kms.generate_data_key, KeyId=key, KeySpec="AES_256")
    assert "Unavailable" == state_of(kms, key)
    refused = code_of(kms.create_key, CustomKeyStoreId=store, Origin="AWS_CLOUDHSM")
    assert "CustomKeyStoreInvalidStateException" == refused
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert ("FAILED", "CLUSTER_NOT_FOUND") == connection(kms, store)
    softhsm.create()
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert ("CONNECTED", None) == connection(kms, store)
    assert S == code_of(kms.decrypt, CiphertextBlob=blob)
    fresh = kms.encrypt(KeyId=make_key(kms, store), Plaintext=b"text")["CiphertextBlob"]
    assert b"text" == kms.decrypt(CiphertextBlob=fresh)["Plaintext"]


def test_an_hsm_that_was_away_comes_back_by_itself(kms, store, softhsm):
    key = make_key(kms, store)
    blob = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    softhsm.hide()
    assert "Unavailable" == state_of(kms, key)
    assert S == code_of(kms.decrypt, CiphertextBlob=blob)
    softhsm.show()
    deadline = time.monotonic() + 10
    while state_of(kms, key) != "Enabled" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert b"text" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]


def test_a_wrong_password_is_a_failed_connection(kms, store):
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    kms.update_custom_key_store(CustomKeyStoreId=store, KeyStorePassword="wrong-password")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert ("FAILED", "INVALID_CREDENTIALS") == connection(kms, store)


def test_a_restarted_service_uses_its_keys_without_being_told_to_connect(tmp_path, softhsm):
    hsms = (softhsm.settings(),)
    with serving(tmp_path / "data", hsms=hsms) as first:
        kms = first.client()
        made = kms.create_custom_key_store(
            CustomKeyStoreName="vault",
            CloudHsmClusterId=CLUSTER,
            TrustAnchorCertificate=TRUST_ANCHOR,
            KeyStorePassword=PASSWORD,
        )["CustomKeyStoreId"]
        kms.connect_custom_key_store(CustomKeyStoreId=made)
        key = make_key(kms, made)
        blob = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    with serving(tmp_path / "data", hsms=hsms) as second:
        assert b"text" == second.client().decrypt(CiphertextBlob=blob)["Plaintext"]
    with serving(tmp_path / "data") as without:
        kms = without.client()
        assert ("Unavailable", S) == (state_of(kms, key), code_of(kms.decrypt, CiphertextBlob=blob))


def test_material_is_nowhere_but_in_the_hsm(tmp_path, kms, store, softhsm):
    """A store without its token: nothing that the service keeps opens what the HSM encrypted."""
    blob = kms.encrypt(KeyId=make_key(kms, store), Plaintext=b"text")["CiphertextBlob"]
    shutil.rmtree(softhsm.path / "tokens")
    (softhsm.path / "tokens").mkdir()
    assert S == code_of(kms.decrypt, CiphertextBlob=blob)


def test_many_callers_at_once_while_the_token_comes_and_goes_get_answers(kms, store, softhsm):
    keys = [make_key(kms, store) for _ in range(4)]
    allowed = {None, S}

    def round_trip(number):
        text, outcome = str(number).encode(), set()
        try:
            blob = kms.encrypt(KeyId=keys[number % 4], Plaintext=text)["CiphertextBlob"]
            assert text == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
            outcome.add(None)
        except kms.exceptions.ClientError as error:
            outcome.add(error.response["Error"]["Code"])
        return outcome

    with ThreadPoolExecutor(8) as pool:
        outcomes = [pool.submit(round_trip, number) for number in range(300)]
        for _ in range(3):
            softhsm.hide()
            time.sleep(0.1)
            softhsm.show()
            time.sleep(0.2)
        assert set() == set().union(*(outcome.result() for outcome in outcomes)) - allowed
    time.sleep(0.2)
    assert {None} == round_trip(0)
