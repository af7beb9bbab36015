"""A service with a proxy of ours beside it, an external key store, and a key in it."""

import pytest

from tests.keyservice.operations.external_keys.calls import MEMBERS, make_key, on, opened_with
from tests.xks_proxy import running_proxy


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture
def proxy(tls):
    with running_proxy(tls) as proxy:
        yield proxy


@pytest.fixture
def service(tmp_path, proxy):
    with opened_with(tmp_path / "data", proxy) as service:
        yield service


@pytest.fixture
def store(service):
    return service.call("CreateCustomKeyStore", MEMBERS).json["CustomKeyStoreId"]


@pytest.fixture
def connected(service, store):
    on(service, "ConnectCustomKeyStore", store)
    return store


@pytest.fixture
def key(service, connected):
    return make_key(service, connected).json["KeyMetadata"]
