"""What the store keeps of a volume; its key only in encrypted form.

Source: EC2 API Reference, "Volume", "VolumeAttachment".
"""

from dataclasses import dataclass

GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A volume on an instance, by the grant that lets the service decrypt the volume's key for it."""

    instance_id: str
    device: str
    grant_id: str
    attach_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume. `size` is in GiB; `encrypted_key` is the data key under the KMS key at `key_arn`."""

    id: str
    account: str
    region: str
    zone: str
    size: int
    volume_type: str
    key_arn: str
    encrypted_key: bytes
    create_time: float
    client_token: str | None = None
    attachment: Attachment | None = None

    @property
    def state(self) -> str:
        """EC2's VolumeState."""
        return "available" if self.attachment is None else "in-use"

    @property
    def encryption_context(self) -> dict[str, str]:
        """What EBS binds the volume's data key to (KMS Developer Guide, "How Amazon EBS uses AWS KMS")."""
        return {"aws:ebs:id": self.id}


def instance_arn(region: str, account: str, instance_id: str) -> str:
    """The ARN of an instance."""
    return f"arn:aws:ec2:{region}:{account}:instance/{instance_id}"
