"""Amazon Resource Names: six segments, case-sensitive.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from dataclasses import dataclass
from functools import lru_cache

_REMEMBERED = 4_096

# The greatest length of a resource's name (IAM API Reference, "SimulatePrincipalPolicy", ResourceArns.member).
LONGEST_REMEMBERED = 2_048


@dataclass(frozen=True, slots=True)
class Arn:
    """The name of one resource. A pattern with wildcards is not an Arn."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @staticmethod
    def parse(text: str) -> "Arn":
        """Read `arn:partition:service:region:account:resource`; the resource may hold colons.

        Raises:
            ValueError: the text has not six segments, or partition, service or resource is empty.
        """
        return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _parse(text)

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def is_kms_key(self) -> bool:
        """Whether this names a KMS key (not an alias): such a resource has a key policy."""
        return self.service == "kms" and self.resource.startswith("key/")

    @property
    def is_iam_role(self) -> bool:
        """Whether this names an IAM role: such a resource has a trust policy."""
        return self.service == "iam" and self.resource.startswith("role/")


def _parse(text: str) -> Arn:
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        raise ValueError(f"`{text}` is not an ARN: expected arn:partition:service:region:account:resource")
    return Arn(*parts[1:])


# The same few ARNs are parsed for every request; long ones are not kept, so that nobody can fill the memory with them.
_remembered = lru_cache(maxsize=_REMEMBERED)(_parse)
