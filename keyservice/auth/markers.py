"""Pagination markers: sealed, so that a client can neither read nor make them, and bound to the list they page."""

from collections.abc import Callable

from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import InvalidToken, open_token, seal_token
from keyservice.errors import INVALID_MARKER


def seal_marker(domain_key: bytes, scope: str, after: str, *, random: Callable[[int], bytes]) -> str:
    """A marker that goes on after the member named `after` of the list that `scope` says."""
    salt, iv = random(16), random(12)
    return seal_token(domain_key, Purpose.MARKER, after.encode(), salt=salt, iv=iv, bound_to=scope.encode())


def open_marker(domain_key: bytes, scope: str, marker: str) -> str:
    """The member's name.

    Raises:
        ServiceError: InvalidMarkerException.
    """
    try:
        return open_token(domain_key, Purpose.MARKER, marker, bound_to=scope.encode()).decode()
    except InvalidToken:
        raise INVALID_MARKER() from None
