"""Import tokens: what GetParametersForImport promised, sealed, so that ImportKeyMaterial can hold the customer to it.

Source: KMS API Reference, "GetParametersForImport", "ImportKeyMaterial".
"""

import json
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Self

from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import InvalidToken, open_token, seal_token
from keyservice.errors import EXPIRED_IMPORT_TOKEN, INVALID_IMPORT_TOKEN
from keyservice.model.key import Key


@dataclass(frozen=True, slots=True)
class ImportToken:
    """One import into one key: how its material is wrapped, under which public key (SHA-256, hexadecimal), until when.

    `nonce` names the wrapping key, `expires` is in epoch seconds.
    """

    account: str
    region: str
    key_id: str
    wrapping_key_spec: str
    wrapping_algorithm: str
    public_key: str
    expires: float
    nonce: str

    def seal(self, domain_key: bytes, *, random: Callable[[int], bytes]) -> bytes:
        """The token as clients carry it."""
        text = json.dumps(astuple(self))
        return seal_token(domain_key, Purpose.IMPORT_TOKEN, text.encode(), salt=random(16), iv=random(12)).encode(
            "ascii"
        )

    @classmethod
    def open(cls, domain_key: bytes, sealed: bytes, key: Key, now: float) -> Self:
        """The token that a client brought for a key at `now`.

        Raises:
            ServiceError: InvalidImportTokenException if it is none of ours or another key's, or
                ExpiredImportTokenException.
        """
        try:
            token = cls(*json.loads(open_token(domain_key, Purpose.IMPORT_TOKEN, sealed.decode("ascii"))))
        except (InvalidToken, UnicodeDecodeError):
            raise INVALID_IMPORT_TOKEN() from None
        if (token.account, token.region, token.key_id) != (key.account, key.region, key.key_id):
            raise INVALID_IMPORT_TOKEN()
        if now >= token.expires:
            raise EXPIRED_IMPORT_TOKEN()
        return token
