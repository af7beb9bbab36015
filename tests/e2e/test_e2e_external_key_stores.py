"""External key stores with boto3 against a proxy on a loopback port: made, used by many at once, stopped, come back."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import code_of, refusal_of
from tests.live import serving
from tests.xks_proxy import CREDENTIAL, ENDPOINT, PATH, SECRET, running_proxy

S = "KMSInvalidStateException"


@pytest.fixture
def tls(tmp_path):
    return tmp_path / "tls"


@pytest.fixture
def proxy(tls):
    with running_proxy(tls) as proxy:
        yield proxy


@pytest.fixture
def served(tmp_path, proxy):
    with serving(tmp_path / "data", xks_proxies=(proxy.endpoint(),), xks_timeout=20.0) as service:
        yield service


@pytest.fixture
def kms(served):
    return served.client()


@pytest.fixture
def store(kms):
    made = make_store(kms)
    kms.connect_custom_key_store(CustomKeyStoreId=made)
    return made


def make_store(kms):
    return kms.create_custom_key_store(
        CustomKeyStoreName="vault",
        CustomKeyStoreType="EXTERNAL_KEY_STORE",
        XksProxyConnectivity="PUBLIC_ENDPOINT",
        XksProxyUriEndpoint=ENDPOINT,
        XksProxyUriPath=PATH,
        XksProxyAuthenticationCredential=CREDENTIAL,
    )["CustomKeyStoreId"]


def make_key(kms, store, external="one"):
    made = kms.create_key(CustomKeyStoreId=store, Origin="EXTERNAL_KEY_STORE", XksKeyId=external)
    return made["KeyMetadata"]["KeyId"]


def test_a_key_of_an_external_key_store_lives_as_any_other(served, kms, store, proxy):
    key = make_key(kms, store)
    assert {"Id": "one"} == kms.describe_key(KeyId=key)["KeyMetadata"]["XksKeyConfiguration"]
    context = {"app": "web"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"text", EncryptionContext=context)["CiphertextBlob"]
    assert b"text" == kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]
    assert S == code_of(kms.decrypt, CiphertextBlob=blob)
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert data_key["Plaintext"] == kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]
    assert "XksKeyAlreadyInUseException" == code_of(
        kms.create_key, CustomKeyStoreId=store, Origin="EXTERNAL_KEY_STORE", XksKeyId="one"
    )
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    assert S == code_of(kms.encrypt, KeyId=key, Plaintext=b"text")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    assert b"text" == kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]
    assert SECRET not in str(served.events())
    told = {given["requestMetadata"]["kmsRequestId"] for _, given, _ in proxy.calls}
    assert told <= {event.get("requestID") for event in served.events()}


def test_a_restarted_service_uses_its_keys_without_being_told_to_connect(tmp_path, proxy):
    known = {"xks_proxies": (proxy.endpoint(),), "xks_timeout": 20.0}
    with serving(tmp_path / "data", **known) as first:
        kms = first.client()
        store = make_store(kms)
        kms.connect_custom_key_store(CustomKeyStoreId=store)
        blob = kms.encrypt(KeyId=make_key(kms, store), Plaintext=b"text")["CiphertextBlob"]
    with serving(tmp_path / "data", **known) as second:
        assert b"text" == second.client().decrypt(CiphertextBlob=blob)["Plaintext"]
    with serving(tmp_path / "data", xks_timeout=20.0) as without:
        # Nothing is known of the endpoint any more: its name is looked up, and has no address.
        code, message = refusal_of(without.client().decrypt, CiphertextBlob=blob)
        assert (S, True) == (code, message.startswith("AWS KMS "))


def test_many_callers_at_once_while_the_proxy_comes_and_goes_get_answers(tmp_path, tls):
    """The others are served meanwhile, and nobody gets another's text."""
    with running_proxy(tls) as proxy:
        pass
    with serving(tmp_path / "data", xks_proxies=(proxy.endpoint(),), xks_timeout=20.0) as service:
        kms = service.client()
        with running_proxy(tls, port=proxy.port, proxy=proxy):
            store = make_store(kms)
            kms.connect_custom_key_store(CustomKeyStoreId=store)
            keys = [make_key(kms, store, name) for name in ("one", "two", "three", "four")]
        ours = kms.create_key()["KeyMetadata"]["KeyId"]
        stop = threading.Event()

        def round_trip(number, key=None):
            text = str(number).encode()
            try:
                blob = kms.encrypt(KeyId=key or keys[number % 4], Plaintext=text)["CiphertextBlob"]
                assert text == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
            except kms.exceptions.KMSInvalidStateException:
                return S
            return None

        def until_stopped(number):
            seen = set()
            while not stop.is_set():
                seen.add(round_trip(number))
                assert None is round_trip(number, ours)
            return seen

        with ThreadPoolExecutor(6) as pool:
            callers = [pool.submit(until_stopped, number) for number in range(6)]
            for _ in range(2):
                time.sleep(0.2)
                with running_proxy(tls, port=proxy.port, proxy=proxy):
                    time.sleep(0.5)
            stop.set()
            assert {None, S} == set().union(*(caller.result() for caller in callers))
        with running_proxy(tls, port=proxy.port, proxy=proxy):
            assert None is round_trip(0)
