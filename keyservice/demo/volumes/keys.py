"""The keys of volumes: each made and lent on behalf of a caller, and opened by the service itself through a grant.

Source: KMS Developer Guide, "How Amazon EBS uses AWS KMS"; EBS User Guide, "How Amazon EBS encryption works"; KMS API
Reference, "CreateGrant"; KMS Cryptographic Details, "Amazon EBS volume encryption" (the size of the key).
"""

from botocore.exceptions import ClientError

from keyservice.demo.refusals import Spellings
from keyservice.demo.volumes.volume import Volume, instance_arn
from keyservice.linked import ForwardAccessSession, LinkedService

DEFAULT_KEY = "alias/aws/ebs"
KEY_BYTES = 64  # AES-256-XTS takes two keys of 256 bits
_GONE = ("NotFoundException", "AccessDeniedException")

# What AuthFailure and UnauthorizedOperation mean: EC2 API Reference, "Error codes". How EC2 tells of a key that cannot
# be used is documented for the state reason of an instance alone (Client.InvalidKMSKey.InvalidState); the rest is ours.
SPELLINGS = Spellings(
    of_signature={
        "InvalidSignatureException": ("AuthFailure", 401),
        "UnrecognizedClientException": ("AuthFailure", 401),
        "IncompleteSignatureException": ("IncompleteSignature", 400),
        "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
        "ExpiredTokenException": ("RequestExpired", 400),
    },
    late=("RequestExpired", 400),
    malformed=("MalformedQueryString", 400),
    of_kms={
        "AccessDeniedException": ("UnauthorizedOperation", 403),
        "DisabledException": ("InvalidKMSKey.InvalidState", 400),
        "KMSInvalidStateException": ("InvalidKMSKey.InvalidState", 400),
        "NotFoundException": ("InvalidKMSKey.NotFound", 400),
        "ThrottlingException": ("RequestLimitExceeded", 503),
    },
    other=lambda _: ("InvalidParameterValue", 400),
    unavailable=("Unavailable", 503),
    internal=("InternalError", 500),
)


class VolumeKeys:
    """The key service, as the volume store uses it."""

    def __init__(self, linked: LinkedService) -> None:
        self._linked = linked

    def make(self, session: ForwardAccessSession, key_id: str, volume_id: str) -> tuple[str, bytes]:
        """A data key for a new volume that nobody has seen in plaintext, made on behalf of the caller.

        Gives the ARN of the KMS key and the encrypted data key.
        """
        with SPELLINGS.of_calls():
            made = session.client("kms").generate_data_key_without_plaintext(
                KeyId=key_id, EncryptionContext={"aws:ebs:id": volume_id}, NumberOfBytes=KEY_BYTES
            )
        return made["KeyId"], made["CiphertextBlob"]

    def lend(self, session: ForwardAccessSession, volume: Volume, instance_id: str) -> str:
        """A grant to the service, on behalf of the caller: to decrypt this volume's key, for this instance alone.

        A grant of the same name and terms is found again, not made twice ("CreateGrant", Name): so an attachment that
        broke off leaves nothing behind when it is tried again.
        """
        constraints = {
            "EncryptionContextEquals": volume.encryption_context,
            "SourceArn": instance_arn(volume.region, volume.account, instance_id),
        }
        with SPELLINGS.of_calls():
            made = session.client("kms").create_grant(
                KeyId=volume.key_arn,
                GranteeServicePrincipal=self._linked.name,
                RetiringServicePrincipal=self._linked.name,
                Operations=["Decrypt"],
                Constraints=constraints,
                Name=f"{volume.id}/{instance_id}",
            )
        grant_id: str = made["GrantId"]
        return grant_id

    def open(self, volume: Volume, instance_id: str) -> bytes:
        """The volume's key in plaintext, which the grant gives to the service itself; no caller is needed for it."""
        kms = self._linked.client(
            "kms",
            source_arn=instance_arn(volume.region, volume.account, instance_id),
            source_account=volume.account,
        )
        with SPELLINGS.of_calls():
            opened = kms.decrypt(
                KeyId=volume.key_arn, CiphertextBlob=volume.encrypted_key, EncryptionContext=volume.encryption_context
            )
        plaintext: bytes = opened["Plaintext"]
        return plaintext

    def retire(self, volume: Volume, grant_id: str) -> None:
        """Give the grant back; the key's administrators may have revoked it before, or deleted the key.

        To a service without a grant, a key of somebody else's does not exist: it is told AccessDenied.
        """
        with SPELLINGS.of_calls():
            try:
                self._linked.client("kms").retire_grant(KeyId=volume.key_arn, GrantId=grant_id)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    raise
