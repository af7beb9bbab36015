"""Custom key stores through the API, on an HSM of memory alone: states, errors, keys, and what is never shown."""

import base64
import json

import pytest

from keyservice.app import build, open_directory
from keyservice.keystore import clusters as clusters_module
from keyservice.keystore.token import TokenError, TokenTimeoutError, UnfitTokenError
from keyservice.model.custom_key_store import ConnectionErrorCode
from keyservice.settings import Settings
from tests.live import OTHER_REGION, REGIONS, Service, apply_identities, identities, open_service, shared_clock
from tests.memory_token import (
    CLUSTER,
    HSMS,
    NO_CLUSTER,
    OTHER_CLUSTER,
    PASSWORD,
    TRUST_ANCHOR,
    MemoryToken,
    make_certificate,
)

MEMBERS = {
    "CustomKeyStoreName": "vault",
    "CloudHsmClusterId": CLUSTER,
    "TrustAnchorCertificate": TRUST_ANCHOR,
    "KeyStorePassword": PASSWORD,
}
S = "CustomKeyStoreInvalidStateException"
TWO_CERTIFICATES = TRUST_ANCHOR + TRUST_ANCHOR
PLAINTEXT = base64.b64encode(b"text").decode()


@pytest.fixture
def token(service):
    return service.opened.clusters.cluster(CLUSTER).token


@pytest.fixture
def store(service):
    return service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]


@pytest.fixture
def connected(service, store):
    service.call("ConnectCustomKeyStore", {"CustomKeyStoreId": store})
    return store


@pytest.fixture
def key(service, connected):
    return service.make_key(CustomKeyStoreId=connected, Origin="AWS_CLOUDHSM")


@pytest.fixture
def no_rest(monkeypatch):
    monkeypatch.setattr(clusters_module, "REST", 0.0)
    monkeypatch.setattr(clusters_module, "MISSING_REST", 0.0)


def on(service, operation, store, **more):
    return service.call(operation, {"CustomKeyStoreId": store, **more})


def described(service, store):
    (entry,) = on(service, "DescribeCustomKeyStores", store).json["CustomKeyStores"]
    return entry


def state_of(service, key):
    metadata = service.call("DescribeKey", {"KeyId": key["KeyId"]}).json["KeyMetadata"]
    return metadata["KeyState"], metadata["Enabled"]


def encrypt(service, key):
    return service.call("Encrypt", {"KeyId": key["KeyId"], "Plaintext": PLAINTEXT})


def decrypt(service, blob):
    return service.call("Decrypt", {"CiphertextBlob": blob})


# Making, describing, changing and deleting them.


def test_a_new_custom_key_store_is_disconnected_and_described_without_its_password(service, store):
    entry = described(service, store)
    assert (store, "vault", CLUSTER, "DISCONNECTED", "AWS_CLOUDHSM") == (
        entry["CustomKeyStoreId"],
        entry["CustomKeyStoreName"],
        entry["CloudHsmClusterId"],
        entry["ConnectionState"],
        entry["CustomKeyStoreType"],
    )
    assert TRUST_ANCHOR == entry["TrustAnchorCertificate"]
    assert "ConnectionErrorCode" not in entry
    assert store.startswith("cks-")


def test_the_password_stands_neither_on_the_trail_nor_in_the_store_in_clear(service, store):
    on(service, "UpdateCustomKeyStore", store, KeyStorePassword="another-password")
    told = json.dumps(service.entries())
    assert ("vault" in told, PASSWORD in told, "another-password" in told) == (True, False, False)
    for path in service.opened.directory.path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert (PASSWORD.encode() in content, b"another-password" in content) == (False, False)
    refused = service.call("CreateCustomKeyStore", {**MEMBERS, "KeyStorePassword": "short!"})
    assert ("ValidationException", False) == (refused.type, "short!" in refused.message)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"CloudHsmClusterId": NO_CLUSTER}, "CloudHsmClusterNotFoundException"),
        ({"CloudHsmClusterId": "cluster-1"}, "ValidationException"),
        ({"CloudHsmClusterId": None}, "ValidationException"),
        ({"KeyStorePassword": None}, "ValidationException"),
        ({"TrustAnchorCertificate": None}, "ValidationException"),
        ({"TrustAnchorCertificate": "no certificate"}, "IncorrectTrustAnchorException"),
        ({"TrustAnchorCertificate": TWO_CERTIFICATES}, "IncorrectTrustAnchorException"),
        ({"CustomKeyStoreType": "EXTERNAL_KEY_STORE"}, "ValidationException"),
        ({"XksProxyConnectivity": "PUBLIC_ENDPOINT"}, "ValidationException"),
        ({"XksProxyUriPath": "/kms/xks/v1/more"}, "ValidationException"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_makes_no_custom_key_store_is_refused(service, members, code):
    assert code == service.call("CreateCustomKeyStore", {**MEMBERS, **members}).type


def test_a_cluster_that_is_gone_or_unfit_is_told_apart(service, token):
    token.vanish()
    assert "CloudHsmClusterNotActiveException" == service.call("CreateCustomKeyStore", MEMBERS).type
    token.failure = UnfitTokenError(ConnectionErrorCode.USER_NOT_FOUND, "no user")
    assert "CloudHsmClusterInvalidConfigurationException" == service.call("CreateCustomKeyStore", MEMBERS).type


def test_neither_a_name_nor_a_cluster_is_taken_twice(service, store):
    same_name = {**MEMBERS, "CloudHsmClusterId": OTHER_CLUSTER}
    assert "CustomKeyStoreNameInUseException" == service.call("CreateCustomKeyStore", same_name).type
    same_cluster = {**MEMBERS, "CustomKeyStoreName": "other"}
    assert "CloudHsmClusterInUseException" == service.call("CreateCustomKeyStore", same_cluster).type
    assert "CloudHsmClusterInUseException" == service.call("CreateCustomKeyStore", same_cluster, user="foreign").type


def test_custom_key_stores_are_found_by_id_and_by_name_and_listed_in_pages(service, store):
    other = service.call(
        "CreateCustomKeyStore", {**MEMBERS, "CustomKeyStoreName": "b", "CloudHsmClusterId": OTHER_CLUSTER}
    )
    first = service.call("DescribeCustomKeyStores", {"Limit": 1}).json
    second = service.call("DescribeCustomKeyStores", {"Limit": 1, "Marker": first["NextMarker"]}).json
    found = {entry["CustomKeyStoreId"] for page in (first, second) for entry in page["CustomKeyStores"]}
    assert ({store, other.json["CustomKeyStoreId"]}, True, False) == (found, first["Truncated"], second["Truncated"])
    (named,) = service.call("DescribeCustomKeyStores", {"CustomKeyStoreName": "b"}).json["CustomKeyStores"]
    assert other.json["CustomKeyStoreId"] == named["CustomKeyStoreId"]
    assert [] == service.call("DescribeCustomKeyStores", user="foreign").json["CustomKeyStores"]
    for members, code in (
        ({"CustomKeyStoreName": "c"}, "CustomKeyStoreNotFoundException"),
        ({"CustomKeyStoreId": "cks-1"}, "CustomKeyStoreNotFoundException"),
        ({"CustomKeyStoreId": store, "CustomKeyStoreName": "b"}, "ValidationException"),
        ({"Marker": "x"}, "InvalidMarkerException"),
    ):
        assert code == service.call("DescribeCustomKeyStores", members).type


@pytest.mark.parametrize(
    "operation",
    [*(f"{verb}CustomKeyStore" for verb in ("Connect", "Disconnect", "Update", "Delete")), "DescribeCustomKeyStores"],
)
def test_another_account_s_custom_key_store_is_as_if_there_were_none(service, store, operation):
    told = service.call(operation, {"CustomKeyStoreId": store}, user="foreign")
    assert "CustomKeyStoreNotFoundException" == told.type


# States.


def test_each_state_lets_through_what_aws_says(service, token, store):
    assert S == on(service, "DisconnectCustomKeyStore", store).type
    assert 200 == on(service, "ConnectCustomKeyStore", store).status
    assert "CONNECTED" == described(service, store)["ConnectionState"]
    assert 200 == on(service, "ConnectCustomKeyStore", store).status
    assert 2 == token.logins
    assert S == on(service, "DeleteCustomKeyStore", store).type
    assert S == on(service, "UpdateCustomKeyStore", store, KeyStorePassword="another-password").type
    assert 200 == on(service, "UpdateCustomKeyStore", store, NewCustomKeyStoreName="renamed").status
    assert "renamed" == described(service, store)["CustomKeyStoreName"]
    assert 200 == on(service, "DisconnectCustomKeyStore", store).status
    assert not token.is_connected
    assert 200 == on(service, "UpdateCustomKeyStore", store, KeyStorePassword="another-password").status
    assert 200 == on(service, "ConnectCustomKeyStore", store).status
    assert ("FAILED", "INVALID_CREDENTIALS") == (
        described(service, store)["ConnectionState"],
        described(service, store)["ConnectionErrorCode"],
    )
    for operation in ("ConnectCustomKeyStore", "UpdateCustomKeyStore", "DeleteCustomKeyStore"):
        assert S == on(service, operation, store).type
    assert 200 == on(service, "DisconnectCustomKeyStore", store).status
    assert "ConnectionErrorCode" not in described(service, store)
    assert 200 == on(service, "UpdateCustomKeyStore", store, KeyStorePassword=PASSWORD).status
    assert 200 == on(service, "ConnectCustomKeyStore", store).status
    assert "CONNECTED" == described(service, store)["ConnectionState"]


def test_a_custom_key_store_moves_to_a_related_cluster_alone(service, token, store):
    assert (
        "CloudHsmClusterNotFoundException"
        == on(service, "UpdateCustomKeyStore", store, CloudHsmClusterId=NO_CLUSTER).type
    )
    other = {**MEMBERS, "CustomKeyStoreName": "other", "CloudHsmClusterId": OTHER_CLUSTER}
    taken = service.call("CreateCustomKeyStore", other).json["CustomKeyStoreId"]
    move = {"CloudHsmClusterId": OTHER_CLUSTER}
    assert "CloudHsmClusterNotRelatedException" == on(service, "UpdateCustomKeyStore", store, **move).type
    on(service, "DeleteCustomKeyStore", taken)
    assert 200 == on(service, "UpdateCustomKeyStore", store, **move).status
    assert OTHER_CLUSTER == described(service, store)["CloudHsmClusterId"]


def test_an_account_has_ten_custom_key_stores_in_a_region(service, store, monkeypatch):
    monkeypatch.setattr("keyservice.operations.custom_key_stores.MOST_STORES", 1)
    other = {**MEMBERS, "CustomKeyStoreName": "other", "CloudHsmClusterId": OTHER_CLUSTER}
    assert "LimitExceededException" == service.call("CreateCustomKeyStore", other).type


def test_a_custom_key_store_with_keys_is_not_deleted(service, connected, key):
    on(service, "DisconnectCustomKeyStore", connected)
    assert "CustomKeyStoreHasCMKsException" == on(service, "DeleteCustomKeyStore", connected).type
    service.call("ScheduleKeyDeletion", {"KeyId": key["KeyId"]})
    assert "CustomKeyStoreHasCMKsException" == on(service, "DeleteCustomKeyStore", connected).type


# Keys in them.


def test_a_key_of_a_custom_key_store_says_where_it_is(service, connected, key):
    metadata = service.call("DescribeKey", {"KeyId": key["KeyId"]}).json["KeyMetadata"]
    assert key == metadata
    assert (connected, CLUSTER, "AWS_CLOUDHSM", "Enabled", False) == (
        key["CustomKeyStoreId"],
        key["CloudHsmClusterId"],
        key["Origin"],
        key["KeyState"],
        key["MultiRegion"],
    )
    assert "CurrentKeyMaterialId" not in key


def test_a_key_of_a_custom_key_store_encrypts_data_and_data_keys(service, key):
    blob = encrypt(service, key).json["CiphertextBlob"]
    told = decrypt(service, blob).json
    assert (PLAINTEXT, key["Arn"]) == (told["Plaintext"], told["KeyId"])
    data_key = service.call("GenerateDataKey", {"KeyId": key["KeyId"], "KeySpec": "AES_256"}).json
    assert data_key["Plaintext"] == decrypt(service, data_key["CiphertextBlob"]).json["Plaintext"]
    for operation in ("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"):
        refused = service.call(operation, {"KeyId": key["KeyId"], "KeyPairSpec": "ECC_NIST_P256"})
        assert "UnsupportedOperationException" == refused.type
    software = service.make_key()
    moved = service.call("ReEncrypt", {"CiphertextBlob": blob, "DestinationKeyId": software["KeyId"]}).json
    assert PLAINTEXT == decrypt(service, moved["CiphertextBlob"]).json["Plaintext"]
    wrong = service.call("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": {"a": "b"}})
    assert "InvalidCiphertextException" == wrong.type


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"Origin": "AWS_CLOUDHSM"}, "ValidationException"),
        ({"CustomKeyStoreId": "cks-1"}, "ValidationException"),
        ({"CustomKeyStoreId": "cks-1", "Origin": "AWS_KMS"}, "ValidationException"),
        ({"CustomKeyStoreId": "cks-1", "Origin": "AWS_CLOUDHSM"}, "CustomKeyStoreNotFoundException"),
        ({"CustomKeyStoreId": "STORE", "Origin": "AWS_CLOUDHSM", "XksKeyId": "x"}, "ValidationException"),
        ({"CustomKeyStoreId": "STORE", "Origin": "EXTERNAL_KEY_STORE"}, "ValidationException"),
        (
            {"CustomKeyStoreId": "STORE", "Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "x"},
            "UnsupportedOperationException",
        ),
        ({"CustomKeyStoreId": "STORE", "Origin": "AWS_CLOUDHSM", "MultiRegion": True}, "UnsupportedOperationException"),
        (
            {"CustomKeyStoreId": "STORE", "Origin": "AWS_CLOUDHSM", "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
            "UnsupportedOperationException",
        ),
    ],
    ids=str,
)
def test_a_key_that_no_custom_key_store_has_is_refused(service, connected, members, code):
    given = {name: connected if value == "STORE" else value for name, value in members.items()}
    assert code == service.call("CreateKey", given).type


def test_no_key_is_made_in_a_store_that_is_not_connected_or_of_another_region(service, store):
    given = {"CustomKeyStoreId": store, "Origin": "AWS_CLOUDHSM"}
    assert S == service.call("CreateKey", given).type
    on(service, "ConnectCustomKeyStore", store)
    assert "CustomKeyStoreNotFoundException" == service.call("CreateKey", given, user="foreign").type
    assert 200 == service.call("CreateKey", given).status


def test_keys_of_custom_key_stores_neither_rotate_nor_take_material(service, key):
    for operation in ("EnableKeyRotation", "GetKeyRotationStatus", "RotateKeyOnDemand"):
        assert "UnsupportedOperationException" == service.call(operation, {"KeyId": key["KeyId"]}).type


def test_random_bytes_come_from_the_store_that_is_named(service, token, store):
    given = {"CustomKeyStoreId": store, "NumberOfBytes": 16}
    assert S == service.call("GenerateRandom", given).type
    on(service, "ConnectCustomKeyStore", store)
    assert 16 == len(base64.b64decode(service.call("GenerateRandom", given).json["Plaintext"]))
    token.vanish()
    assert S == service.call("GenerateRandom", given).type


def test_a_deleted_key_is_destroyed_in_the_hsm_and_then_its_store_may_be_deleted(tmp_path, monkeypatch):
    clock = shared_clock(monkeypatch)
    service = open_service(tmp_path / "data", clock)
    store = service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]
    on(service, "ConnectCustomKeyStore", store)
    key = service.make_key(CustomKeyStoreId=store, Origin="AWS_CLOUDHSM")
    token = service.opened.clusters.cluster(CLUSTER).token
    service.call("ScheduleKeyDeletion", {"KeyId": key["KeyId"], "PendingWindowInDays": 7})
    clock.advance(8 * 86_400)
    assert 1 == len(token.keys)
    service.run_due()
    assert {} == token.keys
    on(service, "DisconnectCustomKeyStore", store)
    assert 200 == on(service, "DeleteCustomKeyStore", store).status
    service.close()


# Unavailable, and back.


def test_keys_are_unavailable_while_their_store_is_disconnected(service, connected, key):
    blob = encrypt(service, key).json["CiphertextBlob"]
    disabled = service.make_key(CustomKeyStoreId=connected, Origin="AWS_CLOUDHSM")
    service.call("DisableKey", {"KeyId": disabled["KeyId"]})
    on(service, "DisconnectCustomKeyStore", connected)
    assert [("Unavailable", False)] * 2 == [state_of(service, key), state_of(service, disabled)]
    for answer in (encrypt(service, key), decrypt(service, blob), encrypt(service, disabled)):
        assert "KMSInvalidStateException" == answer.type
    assert f"{key['Arn']} is unavailable." == encrypt(service, key).message
    # What is switched meanwhile takes effect when the key comes back ("How to fix unavailable KMS keys").
    assert 200 == service.call("EnableKey", {"KeyId": disabled["KeyId"]}).status
    assert "Unavailable" == state_of(service, disabled)[0]
    on(service, "ConnectCustomKeyStore", connected)
    assert [("Enabled", True)] * 2 == [state_of(service, key), state_of(service, disabled)]
    assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]


def test_a_key_that_waits_for_its_deletion_says_so_in_a_disconnected_store_too(service, connected, key):
    service.call("ScheduleKeyDeletion", {"KeyId": key["KeyId"]})
    on(service, "DisconnectCustomKeyStore", connected)
    assert "PendingDeletion" == state_of(service, key)[0]
    assert 200 == service.call("CancelKeyDeletion", {"KeyId": key["KeyId"]}).status
    assert "Unavailable" == state_of(service, key)[0]


def test_a_vanished_hsm_makes_its_keys_unavailable_until_it_is_back(service, token, connected, key, no_rest):
    blob = encrypt(service, key).json["CiphertextBlob"]
    token.vanish()
    assert "KMSInvalidStateException" == encrypt(service, key).type
    assert "Unavailable" == state_of(service, key)[0]
    assert "CONNECTED" == described(service, connected)["ConnectionState"]
    assert S == service.call("CreateKey", {"CustomKeyStoreId": connected, "Origin": "AWS_CLOUDHSM"}).type
    token.come_back()
    assert "Enabled" == state_of(service, key)[0]
    assert PLAINTEXT == decrypt(service, blob).json["Plaintext"]


def test_a_vanished_hsm_is_left_alone_for_a_moment(service, token, key):
    token.vanish()
    assert "KMSInvalidStateException" == encrypt(service, key).type
    logins = token.logins
    token.come_back()
    assert f"{key['Arn']} is unavailable." == encrypt(service, key).message
    assert logins == token.logins


def test_reconnecting_a_store_whose_hsm_is_gone_fails_and_then_comes_back(service, token, connected, key):
    token.vanish()
    on(service, "ConnectCustomKeyStore", connected)
    entry = described(service, connected)
    assert ("FAILED", "CLUSTER_NOT_FOUND") == (entry["ConnectionState"], entry["ConnectionErrorCode"])
    assert "Unavailable" == state_of(service, key)[0]
    token.come_back()
    on(service, "DisconnectCustomKeyStore", connected)
    on(service, "ConnectCustomKeyStore", connected)
    assert ("Enabled", 200) == (state_of(service, key)[0], encrypt(service, key).status)


def test_a_dropped_login_is_made_anew_and_nobody_notices(service, token, key):
    token.disconnect()
    assert 200 == encrypt(service, key).status


def test_a_refused_password_is_not_tried_again_by_itself(service, token, connected, key, no_rest):
    token.disconnect()
    token.pin = "changed-behind-our-back"
    assert "KMSInvalidStateException" == encrypt(service, key).type
    logins = token.logins
    for _ in range(3):
        assert "KMSInvalidStateException" == encrypt(service, key).type
        assert "Unavailable" == state_of(service, key)[0]
    assert logins == token.logins  # or the HSM would lock its user out


def test_material_that_the_hsm_has_lost_is_lost_and_told_so(service, token, connected, key):
    blob = encrypt(service, key).json["CiphertextBlob"]
    token.keys.clear()
    for answer in (encrypt(service, key), decrypt(service, blob), decrypt(service, blob)):
        assert ("KMSInvalidStateException", True) == (answer.type, "is not in the AWS CloudHSM" in answer.message)
    assert 200 == encrypt(service, service.make_key(CustomKeyStoreId=connected, Origin="AWS_CLOUDHSM")).status


def test_an_hsm_that_does_not_return_is_a_timeout_and_then_left_alone(service, token, key):
    token.failure = TokenTimeoutError()
    answer = encrypt(service, key)
    assert ("DependencyTimeoutException", 500) == (answer.type, answer.status)
    assert ("KMSInvalidStateException", "Unavailable") == (encrypt(service, key).type, state_of(service, key)[0])


def test_any_other_failure_of_an_hsm_is_no_fault_of_ours(service, token, key):
    token.failure = TokenError(ConnectionErrorCode.INTERNAL_ERROR, "DeviceMemory")
    answer = encrypt(service, key)
    assert (400, "KMSInvalidStateException") == (answer.status, answer.type)
    assert "DeviceMemory" not in answer.message


def test_who_may_use_a_custom_key_store_is_said_by_identity_based_policies(service, store):
    told = service.call("ConnectCustomKeyStore", {"CustomKeyStoreId": store}, user="alice")
    assert "AccessDeniedException" == told.type
    assert "on resource" not in told.message


def test_a_custom_key_store_stays_in_its_region(service, store):
    assert None is service.opened.store.custom_key_store(OTHER_REGION, store)


def test_a_trust_anchor_that_the_operator_configured_is_the_only_one(tmp_path):
    path = tmp_path / "customerCA.crt"
    path.write_text(TRUST_ANCHOR)
    hsms = (HSMS[0].model_copy(update={"certificate": path}),)
    opened = open_directory(Settings(data=tmp_path / "data", regions=REGIONS, hsms=hsms), open_token=MemoryToken)
    apply_identities(opened, identities())
    service = Service(opened=opened, app=build(opened))
    other = {**MEMBERS, "TrustAnchorCertificate": make_certificate("other.example")}
    assert "IncorrectTrustAnchorException" == service.call("CreateCustomKeyStore", other).type
    assert 200 == service.call("CreateCustomKeyStore", MEMBERS).status
    service.close()
