"""The data key of an object: from the key service, on behalf of whoever writes or reads it, or from a bucket key.

Source: S3 User Guide, "Using server-side encryption with AWS KMS keys (SSE-KMS)", "Reducing the cost of SSE-KMS with
Amazon S3 Bucket Keys", "Using server-side encryption with Amazon S3 managed keys (SSE-S3)".
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from keyservice.demo.files import replace_file
from keyservice.demo.objects.address import Address
from keyservice.demo.objects.bucket_keys import WINDOW, BucketKeyCache, Requester
from keyservice.demo.objects.sse import Encryption
from keyservice.demo.refusals import Spellings
from keyservice.linked import ForwardAccessSession, LinkedService

# S3 API Reference, "Error responses"; that KMS's errors keep their name behind `KMS.` is known from S3's answers.
SPELLINGS = Spellings(
    of_signature={
        "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
        "UnrecognizedClientException": ("InvalidAccessKeyId", 403),
        "IncompleteSignatureException": ("AuthorizationHeaderMalformed", 400),
        "MissingAuthenticationTokenException": ("AccessDenied", 403),
        "ExpiredTokenException": ("ExpiredToken", 400),
    },
    late=("RequestTimeTooSkewed", 403),
    malformed=("InvalidRequest", 400),
    of_kms={"AccessDeniedException": ("AccessDenied", 403), "ThrottlingException": ("SlowDown", 503)},
    other=lambda code: (f"KMS.{code}", 400),
    unavailable=("ServiceUnavailable", 503),
    internal=("InternalError", 500),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedKey:
    """How an object's data key is kept: encrypted under the KMS key, or wrapped by a bucket key that is."""

    key_arn: str
    context: Mapping[str, str]
    blob: bytes
    wrapped: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A data key from the key service."""

    key_arn: str
    blob: bytes
    plaintext: bytes


class DataKeys:
    """The key service, as the object store uses it; `directory` is where the store's own key is noted."""

    def __init__(
        self, linked: LinkedService, directory: Path, clock: Callable[[], float], window: float = WINDOW
    ) -> None:
        self._linked = linked
        self._owned_key = _OwnedKey(linked, directory / "owned-key")
        self._for_writing = BucketKeyCache[_Fetched](clock, window)
        self._for_reading = BucketKeyCache[bytes](clock, window)

    def make(
        self, session: ForwardAccessSession, requester: Requester, wanted: Encryption, address: Address
    ) -> tuple[bytes, EncryptedKey]:
        """A new object's data key, and how it is kept."""
        context = wanted.context_for(address)
        if wanted.key_id is None:
            return _alone(self._generate(self._itself(session, address), self._owned_key.id, context), context)
        kms = session.client("kms")
        if not wanted.bucket_key:
            return _alone(self._generate(kms, wanted.key_id, context), context)
        what = (address.bucket, wanted.key_id, tuple(sorted(context.items())))
        bucket_key = self._for_writing.get(requester, what)
        if bucket_key is None:
            bucket_key = self._generate(kms, wanted.key_id, context)
            self._for_writing.put(requester, what, bucket_key)
        data_key = os.urandom(32)
        wrapped = aes_key_wrap(bucket_key.plaintext, data_key)
        return data_key, EncryptedKey(
            key_arn=bucket_key.key_arn, context=context, blob=bucket_key.blob, wrapped=wrapped
        )

    def open(
        self, session: ForwardAccessSession, requester: Requester, kept: EncryptedKey, address: Address, *, owned: bool
    ) -> bytes:
        """An object's data key in plaintext, for a caller who may decrypt."""
        if owned:
            return self._decrypt(self._itself(session, address), kept)
        if kept.wrapped is None:
            return self._decrypt(session.client("kms"), kept)
        bucket_key = self._for_reading.get(requester, (address.bucket, kept.blob))
        if bucket_key is None:
            bucket_key = self._decrypt(session.client("kms"), kept)
            self._for_reading.put(requester, (address.bucket, kept.blob), bucket_key)
        return aes_key_unwrap(bucket_key, kept.wrapped)

    def _itself(self, session: ForwardAccessSession, address: Address) -> Any:
        """The key service for the store itself: what is under the store's own key is no matter of the caller's."""
        return self._linked.client("kms", source_arn=address.bucket_arn, source_account=session.caller.account)

    @staticmethod
    def _generate(kms: Any, key_id: str, context: Mapping[str, str]) -> _Fetched:
        with SPELLINGS.of_calls():
            made = kms.generate_data_key(KeyId=key_id, EncryptionContext=dict(context), KeySpec="AES_256")
        return _Fetched(made["KeyId"], made["CiphertextBlob"], made["Plaintext"])

    @staticmethod
    def _decrypt(kms: Any, kept: EncryptedKey) -> bytes:
        with SPELLINGS.of_calls():
            opened = kms.decrypt(KeyId=kept.key_arn, CiphertextBlob=kept.blob, EncryptionContext=dict(kept.context))
        plaintext: bytes = opened["Plaintext"]
        return plaintext


class _OwnedKey:
    """The AWS owned key of SSE-S3, one for all accounts: made when it is first needed, noted in a file."""

    def __init__(self, linked: LinkedService, note: Path) -> None:
        self._linked = linked
        self._note = note
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        """The key's id."""
        with self._lock:
            if not self._note.exists():
                with SPELLINGS.of_calls():
                    made = self._linked.client("kms").create_key(Description="objects without a key of their own")
                replace_file(self._note, made["KeyMetadata"]["Arn"].encode())
            return self._note.read_text()


def _alone(fetched: _Fetched, context: Mapping[str, str]) -> tuple[bytes, EncryptedKey]:
    return fetched.plaintext, EncryptedKey(key_arn=fetched.key_arn, context=context, blob=fetched.blob)
