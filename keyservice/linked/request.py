"""A caller's request as a linked service has received it, and what of it the service passes on: the head, and a hash.

Source: IAM User Guide, "Create a signed AWS API request"; S3 API Reference, "Authenticating Requests: Using the
Authorization Header (AWS Signature Version 4)", "Using Query Parameters".
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

_HASH = "x-amz-content-sha256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRequest:
    """An HTTP request as it came: `path` and `query` (without the question mark) percent-encoded as on the wire.

    The body stays here: what the customer stores is none of the key service's business.
    """

    method: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]]
    body: bytes = field(default=b"", repr=False)

    def payload_hash(self, *, is_s3: bool) -> str:
        """The hash of the body that came; of a body that a caller of Amazon S3 has not signed, what was signed."""
        declared = next((value.strip() for name, value in self.headers if name.lower() == _HASH), None)
        if is_s3 and declared is not None and declared.startswith((_UNSIGNED, "STREAMING-")):
            return declared
        if is_s3 and declared is None and "X-Amz-Signature=" in self.query:
            return _UNSIGNED
        return hashlib.sha256(self.body).hexdigest()
