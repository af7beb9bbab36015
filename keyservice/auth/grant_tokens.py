"""Grant tokens: sealed names of grants. Every one is new, and all that name a grant are as good as each other.

Source: KMS API Reference, "CreateGrant", Name and GrantToken; KMS Developer Guide, "Using a grant token".
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import InvalidToken, open_token, seal_token
from keyservice.errors import INVALID_GRANT_TOKEN


@dataclass(frozen=True, slots=True)
class GrantName:
    """What identifies a grant."""

    region: str
    key_id: str
    grant_id: str


def seal_grant_token(domain_key: bytes, name: GrantName, *, random: Callable[[int], bytes]) -> str:
    """A token for a grant."""
    text = json.dumps([name.region, name.key_id, name.grant_id])
    return seal_token(domain_key, Purpose.GRANT_TOKEN, text.encode(), salt=random(16), iv=random(12))


def open_grant_token(domain_key: bytes, token: str) -> GrantName:
    """The grant that a token names, which may have been retired or revoked since.

    Raises:
        ServiceError: InvalidGrantTokenException, whatever is wrong with the text.
    """
    try:
        return GrantName(*json.loads(open_token(domain_key, Purpose.GRANT_TOKEN, token)))
    except InvalidToken:
        raise INVALID_GRANT_TOKEN() from None
