"""The object store: objects are put, read and deleted, each under the key that its writer chose.

Who of an account may read which object is not asked: this store has no bucket policies. A bucket is its account's
alone, and what decides about an object is the KMS key.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from keyservice.demo.objects.address import Address
from keyservice.demo.objects.body import read_body
from keyservice.demo.objects.bucket_keys import WINDOW, Requester
from keyservice.demo.objects.data_keys import DataKeys
from keyservice.demo.objects.shelf import Shelf
from keyservice.demo.objects.sse import read_encryption
from keyservice.demo.objects.stored import StoredObject, read_stored, seal, unseal
from keyservice.demo.refusals import Refusal
from keyservice.linked import ForwardAccessSession, LinkedService

_GIVEN_BACK = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)
_METADATA = "x-amz-meta-"
_MOST_METADATA = 2048  # bytes ("Working with object metadata", User-defined object metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who wants what of which object."""

    session: ForwardAccessSession
    requester: Requester
    address: Address


class ObjectStore:
    """Objects in a directory; bucket keys are kept for `window` seconds."""

    def __init__(
        self, linked: LinkedService, directory: Path, clock: Callable[[], float], window: float = WINDOW
    ) -> None:
        self._shelf = Shelf(directory)
        self._data_keys = DataKeys(linked, directory, clock, window)
        self._clock = clock

    def create_bucket(self, wanted: Wanted) -> None:
        """Make a bucket of the caller's account."""
        owner = self._shelf.make(wanted.address.bucket, wanted.session.caller.account)
        if owner == wanted.session.caller.account:
            told = "Your previous request to create the named bucket succeeded and you already own it."
            raise Refusal("BucketAlreadyOwnedByYou", told, 409)
        if owner is not None:
            told = "The requested bucket name is not available. Please select a different name and try again."
            raise Refusal("BucketAlreadyExists", told, 409)

    def put(self, wanted: Wanted, headers: Mapping[str, str], body: bytes) -> StoredObject:
        """Encrypt an object and keep it; nothing is kept of one that the caller may not encrypt."""
        self._check_bucket(wanted, headers)
        encryption = read_encryption(headers)
        body, checksums = read_body(headers, body)
        given_back = _given_back(headers)
        data_key, kept = self._data_keys.make(wanted.session, wanted.requester, encryption, wanted.address)
        stored = StoredObject(
            bucket=wanted.address.bucket,
            key=wanted.address.key,
            length=len(body),
            etag=_etag(encryption.algorithm, body),
            last_modified=self._clock(),
            algorithm=encryption.algorithm,
            data_key=kept,
            headers=given_back,
            checksums=checksums,
        )
        self._shelf.put(wanted.address, seal(stored, body, data_key))
        return stored

    def head(self, wanted: Wanted, headers: Mapping[str, str]) -> StoredObject:
        """What is known of an object, for which no key is needed."""
        return read_stored(self._file(wanted, headers), wanted.address)

    def get(self, wanted: Wanted, headers: Mapping[str, str]) -> tuple[StoredObject, bytes]:
        """An object, for a caller who may decrypt its data key."""
        file = self._file(wanted, headers)
        stored = read_stored(file, wanted.address)
        is_owned = stored.algorithm == "AES256"
        data_key = self._data_keys.open(
            wanted.session, wanted.requester, stored.data_key, wanted.address, owned=is_owned
        )
        return stored, unseal(file, data_key)

    def delete(self, wanted: Wanted, headers: Mapping[str, str]) -> None:
        """Delete an object, for which no key is needed either."""
        self._check_bucket(wanted, headers)
        self._shelf.delete(wanted.address)

    def _file(self, wanted: Wanted, headers: Mapping[str, str]) -> bytes:
        self._check_bucket(wanted, headers)
        file = self._shelf.get(wanted.address)
        if file is None:
            raise Refusal("NoSuchKey", "The specified key does not exist.", 404)
        return file

    def _check_bucket(self, wanted: Wanted, headers: Mapping[str, str]) -> None:
        owner = self._shelf.owner(wanted.address.bucket)
        if owner is None:
            raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
        expected = headers.get("x-amz-expected-bucket-owner", owner)
        if wanted.session.caller.account != owner or expected != owner:
            raise Refusal("AccessDenied", "Access Denied", 403)


def _given_back(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What GetObject tells again: the object's type and the like, and the writer's own metadata."""
    metadata = {name: value for name, value in headers.items() if name.startswith(_METADATA)}
    if sum(len(name) - len(_METADATA) + len(value) for name, value in metadata.items()) > _MOST_METADATA:
        raise Refusal("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    told = {name: headers[name] for name in _GIVEN_BACK if name in headers}
    # `aws-chunked` is how the body came, no property of the object.
    if told.get("content-encoding", "").startswith("aws-chunked"):
        told["content-encoding"] = told["content-encoding"].removeprefix("aws-chunked").lstrip(", ")
    return {name: value for name, value in (told | metadata).items() if value}


def _etag(algorithm: str, body: bytes) -> str:
    """Objects under SSE-KMS "have ETags that are not an MD5 digest of their object data" ("Object", ETag)."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest() if algorithm == "AES256" else token_hex(16)
    return f'"{digest}"'
