"""External key stores through the API, with a proxy of ours: made, described, changed, connected; and no secrets."""

import json
import logging

import pytest

from keyservice.keystore.xks_faults import BY_NAME, XksFault
from tests.keyservice.operations.external_keys.calls import (
    MEMBERS,
    OTHER_SECRET,
    VPC,
    K,
    S,
    connection,
    described,
    encrypt,
    make_key,
    on,
    opened_with,
)
from tests.live import OTHER_REGION
from tests.memory_token import CLUSTER, PASSWORD, TRUST_ANCHOR
from tests.xks_proxy import ACCESS_KEY_ID, CREDENTIAL, ENDPOINT, PATH, SECRET, SERVICE

# Making and describing them.


def test_a_new_external_key_store_is_disconnected_and_described_without_its_secret(service, store, proxy):
    entry = described(service, store)
    assert ("vault", "DISCONNECTED", "EXTERNAL_KEY_STORE") == (
        entry["CustomKeyStoreName"],
        entry["ConnectionState"],
        entry["CustomKeyStoreType"],
    )
    expected = {
        "Connectivity": "PUBLIC_ENDPOINT",
        "AccessKeyId": ACCESS_KEY_ID,
        "UriEndpoint": ENDPOINT,
        "UriPath": PATH,
    }
    assert expected == entry["XksProxyConfiguration"]
    assert {"CloudHsmClusterId", "TrustAnchorCertificate", "ConnectionErrorCode"}.isdisjoint(entry)
    ((operation, given, authorization),) = proxy.calls
    assert ("health", "CreateCustomKeyStore") == (operation, given["requestMetadata"]["kmsOperation"])
    assert f"{ACCESS_KEY_ID}/" in authorization


@pytest.mark.parametrize(
    "members",
    [
        {"XksProxyConnectivity": None},
        {"XksProxyUriEndpoint": None},
        {"XksProxyUriPath": None},
        {"XksProxyAuthenticationCredential": None},
        {"XksProxyAuthenticationCredential": {"AccessKeyId": ACCESS_KEY_ID}},
        {"XksProxyAuthenticationCredential": {**CREDENTIAL, "AccessKeyId": "lower-case"}},
        {"XksProxyAuthenticationCredential": {**CREDENTIAL, "RawSecretAccessKey": "short"}},
        {"CloudHsmClusterId": CLUSTER},
        {"KeyStorePassword": PASSWORD},
        {"TrustAnchorCertificate": "certificate"},
        {"XksProxyVpcEndpointServiceName": SERVICE},
        {"XksProxyVpcEndpointServiceOwner": "111122223333"},
        {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"},
        {"XksProxyUriEndpoint": "http://xks.example"},
        {"XksProxyUriEndpoint": "https://xks.example:8443"},
        {"XksProxyUriEndpoint": "https://xks.example/path"},
        {"XksProxyUriEndpoint": "https://user@xks.example"},
        {"XksProxyUriEndpoint": "https://xks.example\r\nx: y"},
        {"XksProxyUriEndpoint": "https://xks.example\n"},
        {"XksProxyUriEndpoint": "https://[::1]"},
        {"XksProxyUriPath": "/kms/xks/v1/../.."},
        {"XksProxyUriPath": "/customer/kms/xks/v1?x=y"},
        {"XksProxyUriPath": "/customer/kms/xks/v1\n"},
        {"XksProxyUriPath": "/customer"},
    ],
    ids=lambda members: " ".join(f"{name}={value}" for name, value in members.items())[:80],
)
def test_what_makes_no_external_key_store_is_a_validation_exception_and_asks_nobody(service, proxy, members):
    answer = service.call("CreateCustomKeyStore", {**MEMBERS, **members})
    assert ("ValidationException", [], False) == (answer.type, proxy.calls, "short" in answer.message)


def test_a_secret_never_shows_on_trail_log_or_disk_or_in_an_error(service, store, proxy, caplog):
    caplog.set_level(logging.DEBUG)
    other = {**CREDENTIAL, "RawSecretAccessKey": OTHER_SECRET}
    refused = on(service, "UpdateCustomKeyStore", store, XksProxyAuthenticationCredential=other)
    proxy.secret = OTHER_SECRET
    assert 200 == on(service, "UpdateCustomKeyStore", store, XksProxyAuthenticationCredential=other).status
    on(service, "ConnectCustomKeyStore", store)
    told = json.dumps(service.entries()) + caplog.text + refused.body.decode()
    assert "CreateCustomKeyStore" in told
    for secret in (SECRET, OTHER_SECRET):
        assert secret not in told
        for path in service.opened.directory.path.rglob("*"):
            assert not (path.is_file() and secret.encode() in path.read_bytes())


def test_the_trail_names_the_proxy_s_error_and_nothing_that_the_proxy_said(service, connected, proxy, key):
    proxy.refuse = "AccessDeniedException"
    service.entries()
    answer = encrypt(service, key)
    (entry,) = service.entries()
    assert (K, XksFault.ACCESS_DENIED.value.message) == (answer.type, answer.message)
    assert "said by the proxy itself" not in answer.message + json.dumps(entry)


def test_every_fault_of_a_proxy_is_an_error_of_aws_when_its_store_is_made(service, proxy):
    for name, fault in BY_NAME.items():
        proxy.refuse = name
        answer = service.call("CreateCustomKeyStore", MEMBERS)
        assert (400, fault.value.managing.code, fault.value.message) == (answer.status, answer.type, answer.message)
    assert [] == service.call("DescribeCustomKeyStores").json["CustomKeyStores"]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"XksProxyAuthenticationCredential": {**CREDENTIAL, "RawSecretAccessKey": OTHER_SECRET}},
            "XksProxyIncorrectAuthenticationCredentialException",
        ),
        (
            {"XksProxyAuthenticationCredential": {**CREDENTIAL, "AccessKeyId": "A" * 20}},
            "XksProxyIncorrectAuthenticationCredentialException",
        ),
        ({"XksProxyUriPath": "/other/kms/xks/v1"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyUriEndpoint": "https://127.0.0.1"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyUriEndpoint": "https://169.254.169.254"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyUriEndpoint": "https://2852039166"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyUriEndpoint": "https://localhost"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyUriEndpoint": "https://10.0.0.1"}, "XksProxyInvalidConfigurationException"),
        ({"XksProxyUriEndpoint": "https://no-such-host.invalid"}, "XksProxyUriUnreachableException"),
        (VPC, "XksProxyVpcEndpointServiceNotFoundException"),
    ],
    ids=str,
)
def test_a_proxy_that_is_not_as_it_is_said_to_be_makes_no_store(service, members, expected):
    answer = service.call("CreateCustomKeyStore", {**MEMBERS, **members})
    assert (400, expected) == (answer.status, answer.type)


def test_external_key_managers_that_are_all_unavailable_make_no_store(service, proxy):
    proxy.health = ("UNAVAILABLE", "UNAVAILABLE")
    assert "XksProxyUriUnreachableException" == service.call("CreateCustomKeyStore", MEMBERS).type
    proxy.health = ("UNAVAILABLE", "DEGRADED")
    assert 200 == service.call("CreateCustomKeyStore", MEMBERS).status


def test_a_proxy_uri_is_one_store_s_in_account_and_region(service, store, proxy):
    again = {**MEMBERS, "CustomKeyStoreName": "b"}
    for spelled in (ENDPOINT, "https://XKS.EXAMPLE"):
        refused = service.call("CreateCustomKeyStore", {**again, "XksProxyUriEndpoint": spelled})
        assert "XksProxyUriInUseException" == refused.type
    assert 200 == service.call("CreateCustomKeyStore", again, user="foreign").status
    assert 200 == service.call("CreateCustomKeyStore", again, region=OTHER_REGION).status
    proxy.path = "/other/kms/xks/v1"
    assert 200 == service.call("CreateCustomKeyStore", {**again, "XksProxyUriPath": proxy.path}).status
    named = {**MEMBERS, "XksProxyUriPath": "/third/kms/xks/v1"}
    proxy.path = "/third/kms/xks/v1"
    assert "CustomKeyStoreNameInUseException" == service.call("CreateCustomKeyStore", named).type


def test_a_vpc_endpoint_service_stands_for_what_the_operator_says_and_is_one_store_s(tmp_path, proxy):
    with opened_with(tmp_path / "data", proxy, xks_proxies=(proxy.endpoint(service=SERVICE),)) as service:
        asked = len(proxy.calls)
        made = service.call("CreateCustomKeyStore", {**MEMBERS, **VPC})
        assert (200, asked) == (made.status, len(proxy.calls))  # asked when it is connected
        store = made.json["CustomKeyStoreId"]
        shown = described(service, store)["XksProxyConfiguration"]
        assert ("VPC_ENDPOINT_SERVICE", SERVICE, "111122223333") == (
            shown["Connectivity"],
            shown["VpcEndpointServiceName"],
            shown["VpcEndpointServiceOwner"],
        )
        on(service, "ConnectCustomKeyStore", store)
        assert ("CONNECTED", None) == connection(service, store)
        other = {**MEMBERS, "CustomKeyStoreName": "b", "XksProxyUriPath": "/other/kms/xks/v1"}
        for members, expected in (
            ({}, "XksProxyUriEndpointInUseException"),
            (VPC, "XksProxyUriEndpointInUseException"),
            ({**VPC, "XksProxyUriEndpoint": "https://b.example"}, "XksProxyVpcEndpointServiceInUseException"),
        ):
            assert expected == service.call("CreateCustomKeyStore", {**other, **members}).type
        elsewhere = {**other, **VPC, "XksProxyUriEndpoint": "https://b.example"}
        unfit = service.call("CreateCustomKeyStore", elsewhere, region=OTHER_REGION)
        assert "XksProxyVpcEndpointServiceInvalidConfigurationException" == unfit.type


# States, connections and changes.


def test_each_state_lets_through_what_aws_says(service, store, proxy):
    assert S == on(service, "DisconnectCustomKeyStore", store).type
    assert 200 == on(service, "ConnectCustomKeyStore", store).status
    assert ("CONNECTED", None) == connection(service, store)
    assert S == on(service, "DeleteCustomKeyStore", store).type
    for members in ({"XksProxyUriEndpoint": "https://b.example"}, VPC, {"XksProxyConnectivity": "PUBLIC_ENDPOINT"}):
        assert S == on(service, "UpdateCustomKeyStore", store, **members).type
    assert 200 == on(service, "UpdateCustomKeyStore", store, NewCustomKeyStoreName="renamed").status
    proxy.path, proxy.secret = "/moved/kms/xks/v1", OTHER_SECRET
    changed = {
        "XksProxyUriPath": proxy.path,
        "XksProxyAuthenticationCredential": {**CREDENTIAL, "RawSecretAccessKey": OTHER_SECRET},
    }
    assert 200 == on(service, "UpdateCustomKeyStore", store, **changed).status
    assert 200 == make_key(service, store).status  # with both of them
    assert ("renamed", proxy.path) == (
        described(service, store)["CustomKeyStoreName"],
        described(service, store)["XksProxyConfiguration"]["UriPath"],
    )
    assert 200 == on(service, "DisconnectCustomKeyStore", store).status
    assert "CustomKeyStoreHasCMKsException" == on(service, "DeleteCustomKeyStore", store).type


def test_a_store_without_keys_is_deleted_once_it_is_disconnected(service, connected):
    on(service, "DisconnectCustomKeyStore", connected)
    assert 200 == on(service, "DeleteCustomKeyStore", connected).status
    assert 200 == service.call("CreateCustomKeyStore", MEMBERS).status


CODES = {
    "AuthenticationFailedException": "INVALID_CREDENTIALS",
    "AccessDeniedException": "XKS_PROXY_ACCESS_DENIED",
    "InvalidUriPathException": "XKS_PROXY_INVALID_CONFIGURATION",
    "ValidationException": "XKS_PROXY_INVALID_RESPONSE",
    "DependencyTimeoutException": "XKS_PROXY_TIMED_OUT",
    "InternalException": "XKS_PROXY_NOT_REACHABLE",
}


def test_a_failed_connection_says_why_and_is_made_after_a_disconnection(service, store, proxy):
    for name, code in CODES.items():
        proxy.refuse = name
        assert 200 == on(service, "ConnectCustomKeyStore", store).status
        assert ("FAILED", code) == connection(service, store)
        for operation in ("ConnectCustomKeyStore", "UpdateCustomKeyStore", "DeleteCustomKeyStore"):
            assert S == on(service, operation, store).type
        assert 200 == on(service, "DisconnectCustomKeyStore", store).status
    proxy.refuse = None
    on(service, "ConnectCustomKeyStore", store)
    assert ("CONNECTED", None) == connection(service, store)


def test_a_change_that_the_proxy_does_not_bear_out_is_not_made(service, connected, proxy):
    before = described(service, connected)
    for members, expected in (
        ({"XksProxyUriPath": "/wrong/kms/xks/v1"}, "XksProxyInvalidConfigurationException"),
        (
            {"XksProxyAuthenticationCredential": {**CREDENTIAL, "RawSecretAccessKey": OTHER_SECRET}},
            "XksProxyIncorrectAuthenticationCredentialException",
        ),
        ({"CloudHsmClusterId": CLUSTER}, "ValidationException"),
        ({"KeyStorePassword": PASSWORD}, "ValidationException"),
    ):
        assert expected == on(service, "UpdateCustomKeyStore", connected, **members).type
    assert before == described(service, connected)
    assert 200 == make_key(service, connected).status


def test_another_connectivity_needs_another_endpoint(tmp_path, proxy):
    private = proxy.endpoint(service=SERVICE).model_copy(update={"endpoint": "https://private.example"})
    with opened_with(tmp_path / "data", proxy, xks_proxies=(proxy.endpoint(), private)) as service:
        store = service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]
        assert "ValidationException" == on(service, "UpdateCustomKeyStore", store, **VPC).type
        moved = {**VPC, "XksProxyUriEndpoint": "https://private.example"}
        assert 200 == on(service, "UpdateCustomKeyStore", store, **moved).status
        assert SERVICE == described(service, store)["XksProxyConfiguration"]["VpcEndpointServiceName"]
        back = {"XksProxyConnectivity": "PUBLIC_ENDPOINT", "XksProxyUriEndpoint": ENDPOINT}
        assert 200 == on(service, "UpdateCustomKeyStore", store, **back).status
        assert {"VpcEndpointServiceName", "VpcEndpointServiceOwner"}.isdisjoint(
            described(service, store)["XksProxyConfiguration"]
        )


def test_an_hsm_s_store_takes_nothing_of_a_proxy(service):
    members = {
        "CustomKeyStoreName": "hsm",
        "CloudHsmClusterId": CLUSTER,
        "TrustAnchorCertificate": TRUST_ANCHOR,
        "KeyStorePassword": PASSWORD,
    }
    hsm = service.call("CreateCustomKeyStore", members).json["CustomKeyStoreId"]
    assert "ValidationException" == on(service, "UpdateCustomKeyStore", hsm, XksProxyUriPath=PATH).type
    on(service, "ConnectCustomKeyStore", hsm)
    assert "UnsupportedOperationException" == make_key(service, hsm).type
