"""The IP address operators: an IPv4 or IPv6 address in one of the ranges, which may be of both kinds.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", IP address condition operators.
"""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from policy.operators.family import TypedFamily

Address = tuple[int, int]
"""The IP version and the address as a number."""

Range = tuple[int, int, int]
"""The IP version, the bits that do not count, and the network's number without them."""


_LONGEST = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")


def parse_address(text: str) -> Address | None:
    """Read one address; None for anything else, a range and an address with a zone (`%eth0`) included."""
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else (address.version, int(address))


def parse_range(text: str) -> Range | None:
    """Read a range in CIDR form, or one address, which is `/32` or `/128`; None for anything else.

    Bits behind the prefix do not count: AWS takes `203.0.113.7/24` and means the network.
    """
    _, slash, prefix = text.partition("/")
    if "%" in text or (slash and not (prefix.isdecimal() and prefix.isascii())):
        return None
    try:
        network: IPv4Network | IPv6Network = ip_network(text, strict=False)
    except ValueError:
        return None
    bits = network.max_prefixlen - network.prefixlen
    return network.version, bits, int(network.network_address) >> bits


def _is_in(address: Address, network: Range) -> bool:
    return address[0] == network[0] and address[1] >> network[1] == network[2]


IP_ADDRESS: TypedFamily[Range, Address] = TypedFamily(parse_range, parse_address, _is_in)
