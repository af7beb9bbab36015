"""Where an external key store proxy may be: the endpoint's name comes from whoever may make custom key stores.

So that nobody reaches through the service into networks that only its machine sees (its own ports, metadata services),
it connects to public addresses, to networks that its operator allows, and to endpoints that the operator placed. What
is looked at is the address that is then connected to: a name that changes its mind in between changes nothing.
Source: OWASP, "Server Side Request Forgery Prevention Cheat Sheet"; RFC 6890 for what is public.
"""

import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from keyservice.keystore.xks_faults import XksError, XksFault

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1
_LOOKUPS = 8  # at a time; a name server that does not answer holds one for as long as the system likes


def is_permitted(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether the service connects there."""
    return any(address in network for network in allowed) or all(_is_public(each) for each in _meant(address))


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _meant(address: Address) -> tuple[Address, ...]:
    """The address, or the IPv4 address that it carries, which is where it leads."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if carried is not None:
            return (carried,)
        if address in _NAT64:
            return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)


class Resolver:
    """Names of hosts to addresses, in time: the system's own look-up knows no deadline."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="xks-name")

    def addresses(self, host: str, port: int, seconds: float) -> tuple[str, ...]:
        """The addresses of a host, in the system's order.

        Raises:
            XksError: NO_CONNECTION if it has none, TIMED_OUT if that is not known in time.
        """
        lookup = self._threads.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = lookup.result(seconds)
        except TimeoutError:
            lookup.cancel()
            raise XksError(XksFault.TIMED_OUT, "the endpoint's name was not resolved in time") from None
        except (OSError, UnicodeError):  # UnicodeError of what is no name of a host
            raise XksError(XksFault.NO_CONNECTION, "the endpoint's name has no address") from None
        return tuple(dict.fromkeys(str(place[0]) for _, _, _, _, place in found))

    def close(self) -> None:
        """Wait for no look-up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def permitted(addresses: Sequence[str], allowed: Sequence[Network]) -> tuple[str, ...]:
    """Those of a host's addresses that the service connects to.

    Raises:
        XksError: FORBIDDEN_ADDRESS if there are none.
    """
    found = tuple(each for each in addresses if is_permitted(ipaddress.ip_address(each), allowed))
    if not found:
        raise XksError(XksFault.FORBIDDEN_ADDRESS, "no address of the endpoint is public or allowed")
    return found
