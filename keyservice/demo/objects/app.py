"""The object store's HTTP face: what an unmodified S3 client calls, with path-style requests.

Every request is exchanged at the key service before anything is made of it, as in the volume store.

Source: S3 API Reference, "CreateBucket", "PutObject", "GetObject", "HeadObject", "DeleteObject", "Error responses".
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import parse_qsl
from uuid import uuid4
from xml.sax.saxutils import escape

from keyservice.demo.front import Answer, Front
from keyservice.demo.objects import sse
from keyservice.demo.objects.address import read_address
from keyservice.demo.objects.body import check_signed_hash
from keyservice.demo.objects.bucket_keys import Requester
from keyservice.demo.objects.data_keys import SPELLINGS
from keyservice.demo.objects.store import ObjectStore, Wanted
from keyservice.demo.objects.stored import StoredObject
from keyservice.demo.refusals import Refusal
from keyservice.linked import CallerRequest, LinkedService

MOST_BODY = 16 * 2**20  # bytes of a request
_TOO_LARGE = Refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")

# What would change the meaning of a request that is answered as if it were not there.
_NOT_IMPLEMENTED = re.compile(
    r"range|if-(match|none-match|modified-since|unmodified-since)|x-amz-(copy-source|tagging|object-lock-|grant-"
    r"|website-redirect-location|server-side-encryption-customer-|write-offset-bytes|bucket-object-lock-enabled).*"
)
# What may be said as long as it says what is so anyhow: an object is its bucket owner's, and of the one storage class.
_AS_IT_IS = {
    "x-amz-acl": ("private", "bucket-owner-full-control"),
    "x-amz-object-ownership": ("BucketOwnerEnforced",),
    "x-amz-storage-class": ("STANDARD",),
}
_CREDENTIAL = re.compile(r"Credential=([A-Z0-9]{16,128})/")
_LOCATION = re.compile(rb"<LocationConstraint>([^<]*)</LocationConstraint>")

Headers = Mapping[str, str]


def object_app(linked: LinkedService, store: ObjectStore) -> Front:
    """The ASGI application."""
    return Front(_Objects(linked, store).answer, most_body=MOST_BODY, too_large=_refused(_TOO_LARGE, "/"))


@dataclass(frozen=True, slots=True)
class _Objects:
    linked: LinkedService
    store: ObjectStore

    def answer(self, request: CallerRequest) -> Answer:
        """The answer to one request, whatever it is."""
        try:
            headers = _headers(request)
            check_signed_hash(headers, request.body)
            session = SPELLINGS.caller(self.linked, request)
            _check_implemented(request, headers)
            address = read_address(request.path)
            requester = Requester(user_id=session.caller.user_id, credentials=_credentials(headers, request.query))
            operation = _operation(request.method, is_object=bool(address.key))
            wanted = Wanted(session=session, requester=requester, address=address)
            answer = operation(self, wanted, headers, request.body)
        except Refusal as refusal:
            answer = _refused(refusal, request.path)
        return answer

    def create_bucket(self, wanted: Wanted, _: Headers, body: bytes) -> Answer:
        """CreateBucket, in the region of the store."""
        location = _LOCATION.search(body)
        if location is not None and location[1] != self.linked.region.encode():
            raise Refusal(
                "IllegalLocationConstraintException", "The location constraint is not this endpoint's region."
            )
        self.store.create_bucket(wanted)
        return _answer(headers={"location": f"/{wanted.address.bucket}"})

    def put(self, wanted: Wanted, headers: Headers, body: bytes) -> Answer:
        """PutObject."""
        stored = self.store.put(wanted, headers, body)
        return _answer(headers={"etag": stored.etag, **stored.response_headers, **stored.checksums})

    def get(self, wanted: Wanted, headers: Headers, _: bytes) -> Answer:
        """GetObject."""
        _check_no_encryption(headers)
        stored, body = self.store.get(wanted, headers)
        checksums = stored.checksums if headers.get("x-amz-checksum-mode", "").upper() == "ENABLED" else {}
        return _answer(headers={**_described(stored), **checksums}, body=body)

    def head(self, wanted: Wanted, headers: Headers, _: bytes) -> Answer:
        """HeadObject."""
        _check_no_encryption(headers)
        return _answer(headers=_described(self.store.head(wanted, headers)))

    def delete(self, wanted: Wanted, headers: Headers, _: bytes) -> Answer:
        """DeleteObject; that there is nothing to delete is no fault."""
        self.store.delete(wanted, headers)
        return _answer(status=204)


Operation = Callable[[_Objects, Wanted, Headers, bytes], Answer]

# Method, and whether an object is named -> what is done.
_OPERATIONS: Mapping[tuple[str, bool], Operation] = {
    ("PUT", False): _Objects.create_bucket,
    ("PUT", True): _Objects.put,
    ("GET", True): _Objects.get,
    ("HEAD", True): _Objects.head,
    ("DELETE", True): _Objects.delete,
}


def _headers(request: CallerRequest) -> Headers:
    headers = {name.lower(): value for name, value in request.headers}
    if len(headers) != len(request.headers):
        raise Refusal("InvalidRequest", "A header is given twice.")  # which one counts is not for us to guess
    return headers


def _operation(method: str, *, is_object: bool) -> Operation:
    found = _OPERATIONS.get((method, is_object))
    if found is None:
        raise _not_implemented(f"{method} of {'an object' if is_object else 'a bucket'}")
    return found


def _check_implemented(request: CallerRequest, headers: Headers) -> None:
    for name, value in headers.items():
        if _NOT_IMPLEMENTED.fullmatch(name) or value not in _AS_IT_IS.get(name, (value,)):
            raise _not_implemented(f"The header {name}: {value[:64]}")
    for name, _ in parse_qsl(request.query, keep_blank_values=True):
        # `x-id` says again what operation it is; the rest of these belong to a presigned URL.
        if name != "x-id" and not name.startswith("X-Amz-"):
            raise _not_implemented(f"The query parameter {name[:64]}")


def _check_no_encryption(headers: Headers) -> None:
    """Refuse what belongs to writing: "should not be sent for GET requests and HEAD requests" ("GetObject")."""
    for name in sse.HEADERS:
        if name in headers:
            raise Refusal("InvalidArgument", f"The header {name} is not applicable to this request.")


def _credentials(headers: Headers, query: str) -> str:
    """A hash of what the caller signed with, which the exchange has verified: access key id and session token."""
    presigned = dict(parse_qsl(query))
    found = _CREDENTIAL.search(headers.get("authorization", f"Credential={presigned.get('X-Amz-Credential', '')}"))
    token = headers.get("x-amz-security-token", presigned.get("X-Amz-Security-Token", ""))
    return hashlib.sha256(f"{found[1] if found else ''}/{token}".encode()).hexdigest()


def _described(stored: StoredObject) -> dict[str, str]:
    return {
        **stored.headers,
        "content-length": str(stored.length),
        "etag": stored.etag,
        "last-modified": formatdate(stored.last_modified, usegmt=True),
        **stored.response_headers,
    }


def _answer(*, status: int = 200, headers: Headers | None = None, body: bytes = b"") -> Answer:
    return Answer(status=status, headers={"x-amz-request-id": uuid4().hex[:16].upper(), **(headers or {})}, body=body)


def _refused(refusal: Refusal, path: str) -> Answer:
    """A refusal, as S3 writes its errors."""
    told = {"Code": refusal.code, "Message": refusal.message, "Resource": path, "RequestId": uuid4().hex[:16].upper()}
    members = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in told.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{members}</Error>'
    headers = {"content-type": "application/xml", "x-amz-request-id": told["RequestId"]}
    return Answer(status=refusal.status, headers=headers, body=body.encode())


def _text(text: str) -> str:
    """The text as XML 1.0 can carry it."""
    return escape("".join(character if character.isprintable() else "\ufffd" for character in text))


def _not_implemented(what: str) -> Refusal:
    return Refusal("NotImplemented", f"{what} is not implemented by this store.", 501)
