"""The proxies of external key stores: where they are, secrets that open for one store alone, and those that hang."""

from dataclasses import replace

import pytest

from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.keystore.xks_faults import XksError, XksFault
from keyservice.keystore.xks_proxies import HANGS, REST, XksProxies
from keyservice.keystore.xks_transport import Answer
from keyservice.model.custom_key_store import ConnectionErrorCode, ConnectionState, XksProxyConnectivity
from keyservice.settings import XksEndpoint
from tests.hsm_keys import DOMAIN_KEY
from tests.xks_keys import STORE
from tests.xks_proxy import ENDPOINT, SECRET, SERVICE

METADATA = RequestMetadata(operation="ConnectCustomKeyStore", request_id="r")
HEALTHY = (
    b'{"xksProxyFleetSize": 1, "xksProxyVendor": "v", "xksProxyModel": "m", "ekmVendor": "e", '
    b'"ekmFleetDetails": [{"id": "1", "model": "m", "healthStatus": "ACTIVE"}]}'
)
KEY = b'{"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": "ENABLED"}'


class Wire:
    """A Transport that answers without a network."""

    def __init__(self):
        self.fault = None
        self.posts = []

    def post(self, place, path, headers, body):
        self.posts.append((place, path, headers, body))
        if self.fault is not None:
            raise XksError(self.fault, "as the test wants")
        return Answer(200, HEALTHY if path.endswith("/health") else KEY)

    def close(self):
        pass


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def moment():
    return [1000.0]


@pytest.fixture
def proxies(wire, moment):
    return made(wire, moment)


def made(wire, moment, *endpoints):
    return XksProxies(DOMAIN_KEY, wire, endpoints, clock=lambda: 1_668_000_000.0, monotonic=lambda: moment[0])


def fault_of(call):
    with pytest.raises(XksError) as refusal:
        call()
    return refusal.value.fault


def test_a_secret_opens_for_its_store_and_access_key_id_alone(proxies):
    assert SECRET == proxies.credential(STORE).secret_access_key
    for other in (
        replace(STORE, custom_key_store_id="cks-2"),
        replace(STORE, account="444455556666"),
        replace(STORE, proxy=replace(STORE.proxy, access_key_id="A" * 20)),
        replace(STORE, sealed_password=b""),
    ):
        assert XksFault.AUTHENTICATION is fault_of(lambda other=other: proxies.credential(other))
    assert SECRET not in repr(STORE) + repr(proxies.credential(STORE))


def test_a_public_endpoint_is_where_its_name_says(proxies):
    place = proxies.place(STORE.proxy)
    assert ("xks.example", 443, False) == (place.connect_host, place.connect_port, place.is_placed)


def test_an_endpoint_that_the_operator_placed_is_there_however_it_is_spelled(wire, moment, tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    placed = made(wire, moment, XksEndpoint(endpoint=ENDPOINT, connect="[::1]:8443", ca=ca))
    place = placed.place(replace(STORE.proxy, endpoint="https://XKS.Example"))
    assert ("xks.example", "::1", 8443, True, ca) == (
        place.host,
        place.connect_host,
        place.connect_port,
        place.is_placed,
        place.ca,
    )


def test_an_authority_of_the_operators_does_not_place_an_endpoint(wire, moment, tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    place = made(wire, moment, XksEndpoint(endpoint=ENDPOINT, ca=ca)).place(STORE.proxy)
    assert (False, ca) == (place.is_placed, place.ca)


def test_a_vpc_endpoint_service_is_what_the_operator_says(wire, moment):
    service = replace(
        STORE.proxy, connectivity=XksProxyConnectivity.VPC_ENDPOINT_SERVICE, vpc_endpoint_service_name=SERVICE
    )
    assert XksFault.SERVICE_NOT_FOUND is fault_of(lambda: made(wire, moment).place(service))
    known = XksEndpoint(endpoint=ENDPOINT, connect="10.0.0.7:443", service=SERVICE)
    assert "10.0.0.7" == made(wire, moment, known).place(service).connect_host
    other = known.model_copy(update={"endpoint": "https://other.example"})
    assert XksFault.SERVICE_UNFIT is fault_of(lambda: made(wire, moment, other).place(service))


def test_a_disconnected_store_s_proxy_is_not_asked(proxies, wire):
    store = replace(STORE, state=ConnectionState.DISCONNECTED)
    assert XksFault.DISCONNECTED is fault_of(lambda: proxies.api(store))
    assert [] == wire.posts


@pytest.mark.parametrize("fault", XksFault)
def test_every_fault_has_a_connection_error_code_and_is_told_in_one_line(proxies, wire, fault):
    wire.fault = fault
    code = proxies.connect(STORE, METADATA)
    assert isinstance(code, ConnectionErrorCode)
    error = XksError(fault, "why")
    for told in (error.when_managing(), error.when_making(), error.when_used()):
        assert (400, "why", False) == (told.kind.status, told.secondary, "\n" in told.message)
    assert "KMSInvalidStateException" == error.when_used().kind.code


def test_no_two_faults_are_one():
    assert len(list(XksFault)) == len(XksFault.__members__)


def test_a_proxy_that_hangs_is_left_alone_for_a_moment_and_then_comes_back(proxies, wire, moment):
    wire.fault = XksFault.TIMED_OUT
    for _ in range(HANGS):
        assert XksFault.TIMED_OUT is fault_of(lambda: proxies.api(STORE).check_key("one", METADATA))
    wire.fault = None
    assert XksFault.TIMED_OUT is fault_of(lambda: proxies.api(STORE).check_key("one", METADATA))
    assert HANGS == len(wire.posts)
    moment[0] += REST
    proxies.api(STORE).check_key("one", METADATA)
    proxies.api(STORE).check_key("one", METADATA)
    assert HANGS + 2 == len(wire.posts)


def test_one_slow_answer_is_no_hanging_proxy(proxies, wire):
    for fault in (XksFault.TIMED_OUT, XksFault.TIMED_OUT, None, XksFault.TIMED_OUT, XksFault.TIMED_OUT, None):
        wire.fault = fault
        if fault is None:
            proxies.api(STORE).check_key("one", METADATA)
        else:
            fault_of(lambda: proxies.api(STORE).check_key("one", METADATA))
    assert 6 == len(wire.posts)


def test_connecting_asks_a_proxy_that_was_left_alone(proxies, wire):
    wire.fault = XksFault.TIMED_OUT
    for _ in range(HANGS):
        fault_of(lambda: proxies.api(STORE).check_key("one", METADATA))
    wire.fault = None
    assert None is proxies.connect(STORE, METADATA)
    proxies.api(STORE).check_key("one", METADATA)
