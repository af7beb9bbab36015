"""A web identity token, verified: who its provider says somebody is.

Source: STS API Reference, "AssumeRoleWithWebIdentity"; OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725; IAM User
Guide, "Available keys for AWS OIDC federation". Errors are worded as AWS's users report them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import jwt
from jwt.exceptions import PyJWTError

from keyservice.auth.jwk_set import ALGORITHMS
from keyservice.auth.provider_keys import ProviderKeys
from keyservice.errors import STS_EXPIRED_IDENTITY_TOKEN, STS_INVALID_IDENTITY_TOKEN, ServiceError
from keyservice.model.identity import OidcProvider
from keyservice.store.port import Store

_SKEW = 300  # seconds that the provider's clock may be ahead
_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """Who presents a token: its provider, subject and audiences, and what it carries into the session."""

    provider: OidcProvider
    subject: str
    audience: str
    claims: Mapping[str, Any]

    @property
    def source_identity(self) -> str | None:
        """The source identity that the token sets."""
        given = self.claims.get(_SOURCE_IDENTITY)
        return given if isinstance(given, str) else None

    def context(self) -> dict[str, str | tuple[str, ...]]:
        """The provider's condition keys: `oidc.example.com/x:sub`, `:aud`, `:amr` and others of text."""
        prefix = self.provider.issuer
        keys: dict[str, str | tuple[str, ...]] = {f"{prefix}:sub": self.subject, f"{prefix}:aud": self.audience}
        amr = self.claims.get("amr")
        if isinstance(amr, list):
            keys[f"{prefix}:amr"] = tuple(str(method) for method in amr)
        for name in ("email", "oaud", "azp", "hd"):
            if isinstance(self.claims.get(name), str):
                keys[f"{prefix}:{name}"] = self.claims[name]
        return keys


def verify_token(store: Store, keys: ProviderKeys, account: str, token: str, now: float) -> WebIdentity:
    """Whom a token of a provider of the account is about.

    Raises:
        ServiceError: InvalidIdentityToken, ExpiredTokenException or IDPCommunicationError.
    """
    header, claimed = _unverified(token)
    issuer = claimed.get("iss")
    provider = _provider(store, account, issuer) if isinstance(issuer, str) else None
    if provider is None:
        raise _invalid(f"No OpenIDConnect provider found in your account for {str(issuer)[:255]}")
    claims = _verified(token, header, provider, keys)
    _check_times(claims, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise _invalid("The token has no subject")
    return WebIdentity(provider=provider, subject=subject, audience=_audience(claims, provider), claims=claims)


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims before anything is believed: they say which keys to verify with."""
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (PyJWTError, ValueError, RecursionError):
        detail = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        raise _invalid(detail) from None
    return header, claims


def _provider(store: Store, account: str, issuer: str) -> OidcProvider | None:
    scheme, _, name = issuer.partition("://")
    arn = OidcProvider(account=account, issuer=name.removesuffix("/"), client_ids=()).arn
    found = store.identity(OidcProvider, arn)
    return found if found is not None and (scheme == "http") == found.is_plain else None


def _verified(token: str, header: Mapping[str, Any], provider: OidcProvider, keys: ProviderKeys) -> Mapping[str, Any]:
    key_id = header.get("kid")
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:  # never `none`, and never a secret of both (RFC 8725, section 3.1)
        raise _invalid("The token's signature algorithm is not supported: expected RS256 or ES256")
    for key in keys.of(provider, key_id if isinstance(key_id, str) else None).keys:
        # A key serves its own algorithm alone, so that one kind is never taken for the other.
        if (key_id is None or key.key_id == key_id) and key.algorithm_name == algorithm:
            try:
                options: Any = {"verify_exp": False, "verify_aud": False, "verify_nbf": False, "verify_iat": False}
                claims: Mapping[str, Any] = jwt.decode(token, key, algorithms=[algorithm], options=options)
            except (PyJWTError, ValueError):
                continue
            return claims
    raise _invalid("Couldn't retrieve verification key from your identity provider: no key verifies the token")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued, begins = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_number(expires) or not _is_number(issued):
        raise _invalid("The token must say when it was issued and when it expires")
    if expires <= now:
        raise STS_EXPIRED_IDENTITY_TOKEN(detail=f"Token expired: current date/time {int(now)} must be before {expires}")
    if issued > now + _SKEW or (_is_number(begins) and begins > now + _SKEW):
        raise _invalid("The token is not yet valid")


def _audience(claims: Mapping[str, Any], provider: OidcProvider) -> str:
    """The audience that the provider is registered for; `azp` says which of several ("Available keys …", aud)."""
    given = claims.get("aud")
    audiences = given if isinstance(given, list) else [given]
    party = claims.get("azp")
    wanted = [party] if isinstance(party, str) and party in provider.client_ids else audiences
    found = next((audience for audience in wanted if audience in provider.client_ids), None)
    if found is None:
        raise _invalid("Incorrect token audience")
    return str(found)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _invalid(detail: str) -> ServiceError:
    return STS_INVALID_IDENTITY_TOKEN(detail=detail)
