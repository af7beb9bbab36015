"""The BinaryEquals operator: byte for byte, both sides in base64.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Binary condition operators.
"""

import operator
from base64 import b64decode
from binascii import Error

from policy.operators.family import TypedFamily


def parse_binary(text: str) -> bytes | None:
    """Read base64 with its padding; None for anything else."""
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        return None


BINARY: TypedFamily[bytes, bytes] = TypedFamily(parse_binary, parse_binary, operator.eq)
