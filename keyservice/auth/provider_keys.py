"""The keys of OIDC providers: kept with the provider, or fetched from it and remembered for a while.

Source: OpenID Connect Discovery 1.0, section 4; IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in
IAM".
"""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from jwt import PyJWKSet

from keyservice.auth.jwk_set import MOST_TEXT, read_jwk_set
from keyservice.errors import STS_IDP_COMMUNICATION
from keyservice.model.identity import OidcProvider

Fetch = Callable[[str], str]

LIFETIME = 300.0  # seconds for which fetched keys are used without asking again
LEAST = 10.0  # seconds between two fetches for the sake of an unknown key
_TIMEOUT = 5.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderKeys:
    """Finds the keys of a provider; safe to use from threads."""

    def __init__(self, fetch: Fetch | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch or fetch_text
        self._monotonic = monotonic
        self._fetched: dict[tuple[str, str | None], tuple[float, PyJWKSet]] = {}
        self._lock = threading.Lock()

    def of(self, provider: OidcProvider, key_id: str | None) -> PyJWKSet:
        """The provider's keys; fetched anew if they are old, or if the one that is wanted is not among them.

        Raises:
            ServiceError: IDPCommunicationError.
        """
        if provider.jwks is not None:
            return read_jwk_set(provider.jwks)
        name = (provider.url, provider.jwks_url)
        with self._lock:
            known = self._fetched.get(name)
            age = self._monotonic() - known[0] if known else LIFETIME
            if known is not None and age < (LIFETIME if _has(known[1], key_id) else LEAST):
                return known[1]
            keys = self._ask(provider)
            self._fetched[name] = (self._monotonic(), keys)
            return keys

    def _ask(self, provider: OidcProvider) -> PyJWKSet:
        try:
            url = provider.jwks_url or self._discovered(provider)
            return read_jwk_set(self._fetch(url))
        except (OSError, ValueError, LookupError, TypeError):
            # What went wrong is not told: it may come from an inner network.
            detail = "Couldn't retrieve verification key from your identity provider"
            raise STS_IDP_COMMUNICATION(detail=detail) from None

    def _discovered(self, provider: OidcProvider) -> str:
        """Where the issuer says that its keys are (OpenID Connect Discovery 1.0, section 4.2)."""
        return str(json.loads(self._fetch(f"{provider.url}/.well-known/openid-configuration"))["jwks_uri"])


def _has(keys: PyJWKSet, key_id: str | None) -> bool:
    return key_id is None or any(key.key_id == key_id for key in keys.keys)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows nobody: where keys come from is what the directory says."""

    def redirect_request(self, *_: object) -> None:
        """No other request."""
        return


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())


def fetch_text(url: str) -> str:
    """The text at a URL of https, or of http on the loopback. Raises OSError or ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("keys are fetched over https alone")
    with _OPENER.open(url, timeout=_TIMEOUT) as answer:
        text: bytes = answer.read(MOST_TEXT + 1)
    return text.decode("utf-8")
