"""A service with a proxy of ours beside it, and external key stores and keys made through the API."""

import base64
from contextlib import contextmanager

from tests.live import open_service
from tests.xks_proxy import CREDENTIAL, ENDPOINT, PATH, SERVICE

MEMBERS = {
    "CustomKeyStoreName": "vault",
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
    "XksProxyUriEndpoint": ENDPOINT,
    "XksProxyUriPath": PATH,
    "XksProxyAuthenticationCredential": CREDENTIAL,
}
VPC = {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE", "XksProxyVpcEndpointServiceName": SERVICE}
OTHER_SECRET = "anotherSecretOfTheTests/0123456789+ABCDEFGHIJK="
S, K = "CustomKeyStoreInvalidStateException", "KMSInvalidStateException"
PLAINTEXT = base64.b64encode(b"text").decode()


@contextmanager
def opened_with(path, proxy, *, clock=None, **settings):
    given = {"xks_proxies": (proxy.endpoint(),), "xks_timeout": 20.0, **settings}
    service = open_service(path, clock, **given)
    yield service
    service.close()


def make_key(service, store, xks_key_id="one", **more):
    given = {"CustomKeyStoreId": store, "Origin": "EXTERNAL_KEY_STORE", "XksKeyId": xks_key_id, **more}
    return service.call("CreateKey", given)


def on(service, operation, store, **more):
    return service.call(operation, {"CustomKeyStoreId": store, **more})


def described(service, store):
    (entry,) = on(service, "DescribeCustomKeyStores", store).json["CustomKeyStores"]
    return entry


def connection(service, store):
    entry = described(service, store)
    return entry["ConnectionState"], entry.get("ConnectionErrorCode")


def encrypt(service, key, **more):
    return service.call("Encrypt", {"KeyId": key["KeyId"], "Plaintext": PLAINTEXT, **more})


def decrypt(service, blob, **more):
    return service.call("Decrypt", {"CiphertextBlob": blob, **more})
