"""Which bucket and object a request is for.

Source: S3 User Guide, "Virtual hosting of general purpose buckets" (path-style requests), "General purpose bucket
naming rules", "Naming Amazon S3 objects".
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from keyservice.demo.refusals import Refusal

_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+\Z)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_LONGEST_KEY = 1024  # bytes of UTF-8


@dataclass(frozen=True, slots=True)
class Address:
    """A bucket, and an object in it if the request names one."""

    bucket: str
    key: str

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN, which has neither region nor account."""
        return f"arn:aws:s3:::{self.bucket}"

    @property
    def arn(self) -> str:
        """The object's ARN."""
        return f"{self.bucket_arn}/{self.key}"


def read_address(path: str) -> Address:
    """The address in a path-style request's path, percent-encoded as it came.

    Raises:
        Refusal: the path names no bucket, or a bucket or object cannot be called so.
    """
    bucket, _, rest = path.removeprefix("/").partition("/")
    try:
        key = unquote_to_bytes(rest).decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("InvalidURI", "Couldn't parse the specified URI.") from None
    if len(key.encode()) > _LONGEST_KEY:
        raise Refusal("KeyTooLongError", "Your key is too long")
    if not _BUCKET.fullmatch(bucket):
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.")
    return Address(bucket, key)
