"""Which encryption a PutObject asks for, as its headers say.

Source: S3 User Guide, "Specifying server-side encryption with AWS KMS (SSE-KMS)", "Using server-side encryption with
AWS KMS keys (SSE-KMS)" (encryption context); S3 API Reference, "PutObject".
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from keyservice.demo.objects.address import Address
from keyservice.demo.refusals import Refusal

DEFAULT_KEY = "alias/aws/s3"
ARN_PAIR = "aws:s3:arn"

_HEADER = "x-amz-server-side-encryption"
_OF_KMS = (f"{_HEADER}-aws-kms-key-id", f"{_HEADER}-context", f"{_HEADER}-bucket-key-enabled")
HEADERS = (_HEADER, *_OF_KMS)
_LONGEST_CONTEXT = 8192  # characters of JSON; KMS bounds the context itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """SSE-S3 (no `key_id`), or SSE-KMS under a key, perhaps through a bucket key.

    `context` is the caller's own, to which S3 adds the ARN of the object, or of the bucket for a bucket key.
    """

    key_id: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    bucket_key: bool = False

    @property
    def algorithm(self) -> str:
        """The header's value."""
        return "AES256" if self.key_id is None else "aws:kms"

    def context_for(self, address: Address) -> dict[str, str]:
        """The encryption context that KMS gets.

        Raises:
            Refusal: the caller's own context names another object.
        """
        arn = address.bucket_arn if self.bucket_key else address.arn
        if self.context.get(ARN_PAIR, arn) != arn:
            # That S3 adds this pair is documented; what it says to another value is not.
            raise Refusal("InvalidArgument", f"The encryption context's {ARN_PAIR} is set by Amazon S3.")
        return {**self.context, ARN_PAIR: arn}


def read_encryption(headers: Mapping[str, str]) -> Encryption:
    """The encryption that the headers (names in lower case) ask for; SSE-S3 if they say nothing.

    Raises:
        Refusal: they contradict each other, or ask for what is not offered.
    """
    algorithm = headers.get(_HEADER)
    if algorithm == "aws:kms":
        return Encryption(
            key_id=headers.get(_OF_KMS[0]) or DEFAULT_KEY,
            context=_context(headers.get(_OF_KMS[1])),
            bucket_key=_boolean(headers.get(_OF_KMS[2], "false")),
        )
    if algorithm not in (None, "AES256"):
        raise Refusal("InvalidArgument", "The encryption method specified is not supported")
    for name in _OF_KMS:
        if name in headers:
            told = f"The header {name} is only applicable if {_HEADER} is aws:kms."
            raise Refusal("InvalidArgument", told)
    return Encryption()


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise Refusal("InvalidArgument", f"{_OF_KMS[2]} is true or false.")
    return text.lower() == "true"


def _context(header: str | None) -> Mapping[str, str]:
    """The caller's own pairs: JSON in base64."""
    if header is None:
        return {}
    try:
        pairs = json.loads(base64.b64decode(header, validate=True)) if len(header) <= _LONGEST_CONTEXT else None
    except (binascii.Error, ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        raise Refusal("InvalidArgument", f"The header {_OF_KMS[1]} shall be the base64 of a JSON object of strings.")
    return pairs
