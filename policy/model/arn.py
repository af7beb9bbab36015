"""Amazon Resource Names: six segments, case-sensitive.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Arn:
    """The name of one resource. A pattern with wildcards is not an Arn."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `arn:partition:service:region:account:resource`; the resource may hold colons.

        Raises:
            ValueError: the text has not six segments, or partition, service or resource is empty.
        """
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
            raise ValueError(f"`{text}` is not an ARN: expected arn:partition:service:region:account:resource")
        return cls(*parts[1:])

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
