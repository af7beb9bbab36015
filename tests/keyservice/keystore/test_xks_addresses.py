"""Where the service connects for a caller who names an endpoint: public addresses, and what its operator allows."""

import ipaddress
import time

import pytest

from keyservice.keystore import xks_addresses
from keyservice.keystore.xks_addresses import Resolver, is_permitted, permitted
from keyservice.keystore.xks_faults import XksError, XksFault

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"]
OTHERS = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("169.254.170.2", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1"),
    *("::1", "::", "fe80::1", "fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:169.254.169.254"),
    *("::ffff:127.0.0.1", "2002:a9fe:a9fe::1", "2002:7f00:1::1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_permitted(address):
    assert is_permitted(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", OTHERS)
def test_any_other_is_not(address):
    assert not is_permitted(ipaddress.ip_address(address), ())


def test_what_the_operator_allows_is_permitted_and_no_more():
    allowed = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
    for address, expected in (("10.1.2.3", True), ("fd00::1", True), ("192.168.1.1", False), ("::1", False)):
        assert expected == is_permitted(ipaddress.ip_address(address), allowed)


def test_of_several_addresses_those_are_taken_that_are_permitted():
    assert ("8.8.8.8",) == permitted(["10.0.0.1", "8.8.8.8"], ())
    with pytest.raises(XksError) as refusal:
        permitted(["10.0.0.1", "fe80::1%eth0"], ())
    assert XksFault.FORBIDDEN_ADDRESS is refusal.value.fault


@pytest.fixture
def resolver():
    made = Resolver()
    yield made
    made.close()


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001", "localhost"])
def test_a_loopback_address_in_other_words_is_one(resolver, host):
    with pytest.raises(XksError) as refusal:
        permitted(resolver.addresses(host, 443, 5.0), ())
    assert XksFault.FORBIDDEN_ADDRESS is refusal.value.fault


@pytest.mark.parametrize("host", ["no-such-host.invalid", ".", "a..b", "-", "x" * 100])
def test_a_name_without_an_address_is_no_connection(resolver, host):
    with pytest.raises(XksError) as refusal:
        resolver.addresses(host, 443, 20.0)
    assert refusal.value.fault in (XksFault.NO_CONNECTION, XksFault.TIMED_OUT)


def test_a_name_server_that_does_not_answer_costs_no_more_than_the_time_there_is(resolver, monkeypatch):
    monkeypatch.setattr(xks_addresses.socket, "getaddrinfo", lambda *_, **__: time.sleep(0.5))
    before = time.monotonic()
    with pytest.raises(XksError) as refusal:
        resolver.addresses("xks.example", 443, 0.05)
    assert (XksFault.TIMED_OUT, True) == (refusal.value.fault, time.monotonic() - before < 0.45)


def test_an_address_comes_once(resolver):
    assert ("127.0.0.1",) == resolver.addresses("127.0.0.1", 443, 5.0)
