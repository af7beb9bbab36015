"""The forms of an ARN's segments.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)"; AWS General Reference.
"""

import re

PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"})

REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]+")
ACCOUNT = re.compile(r"[0-9]{12}")

_WILD = re.compile(r"[*?]|\$\{")


def is_wild(segment: str) -> bool:
    """Whether a segment holds a wildcard or a policy variable, so that its form is open."""
    return _WILD.search(segment) is not None
