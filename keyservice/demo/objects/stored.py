"""An object as it lies on disk: a line of JSON that says what it is, and the encrypted body.

The body is under AES-256-GCM with that line as additional data, so that nothing of one object can be put in another's
place.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.demo.objects.address import Address
from keyservice.demo.objects.data_keys import EncryptedKey
from keyservice.demo.refusals import Refusal

_NONCE = 12  # bytes; a data key encrypts one object, once


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What is known of an object without its key. `headers` are those that GetObject gives back as they came."""

    bucket: str
    key: str
    length: int
    etag: str
    last_modified: float
    algorithm: str
    data_key: EncryptedKey
    headers: Mapping[str, str]
    checksums: Mapping[str, str]

    @property
    def response_headers(self) -> dict[str, str]:
        """How the object is encrypted, for GetObject, HeadObject and PutObject. SSE-S3 names no key."""
        if self.algorithm != "aws:kms":
            return {"x-amz-server-side-encryption": self.algorithm}
        told = {
            "x-amz-server-side-encryption": self.algorithm,
            "x-amz-server-side-encryption-aws-kms-key-id": self.data_key.key_arn,
        }
        if self.data_key.wrapped is not None:
            told["x-amz-server-side-encryption-bucket-key-enabled"] = "true"
        return told


def seal(stored: StoredObject, body: bytes, data_key: bytes) -> bytes:
    """The file of an object."""
    record = asdict(stored)
    record["data_key"] |= {
        name: None if blob is None else base64.b64encode(blob).decode("ascii")
        for name, blob in (("blob", stored.data_key.blob), ("wrapped", stored.data_key.wrapped))
    }
    line = json.dumps(record).encode() + b"\n"
    nonce = os.urandom(_NONCE)
    return line + nonce + AESGCM(data_key).encrypt(nonce, body, line)


def read_stored(file: bytes, address: Address) -> StoredObject:
    """What an object's file says it is.

    Raises:
        Refusal: it is another object's.
    """
    record = json.loads(file.partition(b"\n")[0])
    kept = record.pop("data_key")
    kept |= {name: None if kept[name] is None else base64.b64decode(kept[name]) for name in ("blob", "wrapped")}
    stored = StoredObject(**record, data_key=EncryptedKey(**kept))
    if (stored.bucket, stored.key) != (address.bucket, address.key):
        raise _damaged()
    return stored


def unseal(file: bytes, data_key: bytes) -> bytes:
    """The body.

    Raises:
        Refusal: anything of the file was changed.
    """
    line, _, sealed = file.partition(b"\n")
    if len(sealed) < _NONCE:
        raise _damaged()
    try:
        return AESGCM(data_key).decrypt(sealed[:_NONCE], sealed[_NONCE:], line + b"\n")
    except InvalidTag:
        raise _damaged() from None


def _damaged() -> Refusal:
    return Refusal("InternalError", "We encountered an internal error. Please try again.", 500)
