"""The keys of OIDC providers: kept, or fetched, remembered, and asked for again when one is missing."""

import json

import pytest

from keyservice.auth.jwk_set import check_jwk_set, read_jwk_set
from keyservice.auth.provider_keys import LEAST, LIFETIME, ProviderKeys, fetch_text
from keyservice.clock import SettableClock
from keyservice.errors import ServiceError
from keyservice.model.identity import OidcProvider
from tests import web_identity

PROVIDER = OidcProvider(account="111122223333", issuer="oidc.example.com/x", client_ids=("a",))
ES256 = json.dumps(web_identity.jwks("ES256"))
BOTH = json.dumps(web_identity.jwks())


class Issuer:
    """What is fetched, and how often."""

    def __init__(self, text):
        self.text = text
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        if url.endswith("/openid-configuration"):
            return json.dumps({"jwks_uri": "https://oidc.example.com/keys"})
        if isinstance(self.text, Exception):
            raise self.text
        return self.text


@pytest.fixture
def clock():
    return SettableClock(1000.0)


def ids(keys):
    return sorted(key.key_id for key in keys.keys)


def test_keys_that_are_kept_are_not_fetched():
    issuer = Issuer(BOTH)
    kept = OidcProvider(account="111122223333", issuer="oidc.example.com/x", client_ids=(), jwks=ES256)
    assert ["ES256"] == ids(ProviderKeys(issuer).of(kept, "RS256"))
    assert [] == issuer.asked


def test_keys_are_fetched_where_the_issuer_says_and_remembered(clock):
    issuer = Issuer(BOTH)
    keys = ProviderKeys(issuer, clock.now)
    for _ in range(3):
        assert ["ES256", "RS256"] == ids(keys.of(PROVIDER, "ES256"))
    assert [
        "https://oidc.example.com/x/.well-known/openid-configuration",
        "https://oidc.example.com/keys",
    ] == issuer.asked
    clock.advance(LIFETIME)
    keys.of(PROVIDER, "ES256")
    assert 4 == len(issuer.asked)


def test_an_unknown_key_is_asked_for_again_but_not_too_often(clock):
    issuer = Issuer(ES256)
    keys = ProviderKeys(issuer, clock.now)
    keys.of(PROVIDER, "ES256")
    issuer.text = BOTH
    assert ["ES256"] == ids(keys.of(PROVIDER, "RS256"))
    clock.advance(LEAST)
    assert ["ES256", "RS256"] == ids(keys.of(PROVIDER, "RS256"))


@pytest.mark.parametrize("text", [OSError("refused"), "", "[]", '{"keys": []}', '{"keys": [7]}', "x" * 200_000])
def test_an_issuer_that_cannot_be_understood_is_told_as_that(clock, text):
    with pytest.raises(ServiceError) as caught:
        ProviderKeys(Issuer(text), clock.now).of(PROVIDER, None)
    assert "IDPCommunicationError" == caught.value.kind.code
    assert "refused" not in caught.value.message


@pytest.mark.parametrize("url", ["http://example.com/keys", "file:///etc/passwd", "ftp://127.0.0.1/", "https:///"])
def test_keys_are_fetched_safely_or_not_at_all(url):
    with pytest.raises((ValueError, OSError)):
        fetch_text(url)


def test_a_jwk_set_holds_no_secret():
    private = {"keys": [{**web_identity.jwks("ES256")["keys"][0], "d": "AAAA"}]}
    assert ("jwks: the JWK set holds a private or a symmetric key: only public keys belong here",) == check_jwk_set(
        json.dumps(private), "jwks"
    )
    assert () == check_jwk_set(BOTH, "jwks")
    assert ["ES256", "RS256"] == ids(read_jwk_set(BOTH))
