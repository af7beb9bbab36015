"""The public keys of an identity provider, as a JWK set.

Source: RFC 7517, section 5; IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM".
"""

import json

from jwt import PyJWKSet
from jwt.exceptions import PyJWTError

ALGORITHMS = ("RS256", "ES256")
MOST_TEXT = 131_072  # characters of a JWK set; Unlike AWS, which allows 100 keys each


def check_jwk_set(text: str, name: str) -> tuple[str, ...]:
    """What is wrong with the text of a JWK set."""
    try:
        read_jwk_set(text)
    except ValueError as error:
        return (f"{name}: {error}",)
    return ()


def read_jwk_set(text: str) -> PyJWKSet:
    """The keys of a JWK set that are of any use here.

    Raises:
        ValueError: it is none, or has no such key.
    """
    if len(text) > MOST_TEXT:
        raise ValueError(f"the JWK set is longer than {MOST_TEXT} characters")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the JWK set is not JSON") from None
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValueError("a JWK set is an object with a list of `keys`")
    if any("d" in key or "k" in key for key in keys):
        raise ValueError("the JWK set holds a private or a symmetric key: only public keys belong here")
    try:
        return PyJWKSet.from_dict({"keys": keys})
    except (PyJWTError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"the JWK set has no key to verify signatures with ({type(error).__name__})") from None
