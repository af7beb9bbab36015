"""A stream as a message of the AWS Encryption SDK: the SDK itself makes and reads it, block by block.

Source: AWS Encryption SDK Developer Guide, "Concepts in the AWS Encryption SDK", "AWS Encryption SDK message format
reference", "Best practices for the AWS Encryption SDK".
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import botocore.session
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError, SerializationError
from aws_encryption_sdk.key_providers.kms import (
    DiscoveryAwsKmsMasterKeyProvider,
    MRKAwareDiscoveryAwsKmsMasterKeyProvider,
    MRKAwareStrictAwsKmsMasterKeyProvider,
)
from botocore.exceptions import BotoCoreError
from cryptography.exceptions import InvalidSignature, InvalidTag

BLOCK = 1 << 20  # bytes asked of the SDK at a time
FRAME = 1 << 16  # bytes; the SDK's default, 4096, takes several times as long
LONGEST_FRAME = 1 << 24  # bytes; a message of others is held in memory frame by frame, or whole if it has no frames
MOST_DATA_KEYS = 100  # encrypted data keys in a message that others may have made

# Every refusal would be told again on the error stream, with a stack trace.
logging.getLogger("aws_encryption_sdk").addHandler(logging.NullHandler())
logging.getLogger("aws_encryption_sdk").propagate = False

Told = Callable[[int], None]


class MessageError(Exception):
    """The stream could not be encrypted or decrypted: why, in one line."""


class _Session(botocore.session.Session):  # type: ignore[misc] # botocore has no types
    """A session whose clients all talk to one endpoint, if one is given: the SDK makes them and would not say where."""

    def __init__(self, endpoint_url: str | None) -> None:
        super().__init__()
        self._endpoint_url = endpoint_url

    def create_client(self, *arguments: Any, **given: Any) -> Any:
        return super().create_client(*arguments, **{**given, "endpoint_url": self._endpoint_url})


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The KMS keys of a message, and how the service that has them is reached; None is as boto3's environment says.

    Without key ids, a message is decrypted under whichever of its keys the caller may use.
    """

    key_ids: Sequence[str]
    endpoint_url: str | None = None
    region: str | None = None
    commitment_policy: str
    _refusals: list[str] = field(default_factory=list)

    def client(self) -> EncryptionSDKClient:
        """The SDK with the commitment policy."""
        policy = CommitmentPolicy[self.commitment_policy.upper().replace("-", "_")]
        return EncryptionSDKClient(commitment_policy=policy, max_encrypted_data_keys=MOST_DATA_KEYS)

    def provider(self) -> Any:
        """The SDK's master key provider: it knows that the keys of a multi-Region set are one."""
        session = _Session(self.endpoint_url)
        if self.region is not None:
            session.set_config_variable("region", self.region)
        session.register("after-call.kms", self._note)
        if self.key_ids:
            return MRKAwareStrictAwsKmsMasterKeyProvider(key_ids=self.key_ids, botocore_session=session)
        if session.get_config_variable("region"):
            return MRKAwareDiscoveryAwsKmsMasterKeyProvider(botocore_session=session)
        return DiscoveryAwsKmsMasterKeyProvider(botocore_session=session)  # each key in the region that its ARN names

    def _note(self, parsed: Mapping[str, Any], **_: object) -> None:
        # The SDK tells only that no data key was had; what the service said is kept here.
        if error := parsed.get("Error"):
            # InvalidCiphertextException comes without a message.
            self._refusals.append(f"{error.get('Code')}: {error.get('Message') or 'a data key does not decrypt'}")

    @contextmanager
    def explaining(self, otherwise: Callable[[Exception], str]) -> Iterator[None]:
        """Turn what the SDK raises into one line: what the service said, or else what `otherwise` makes of it."""
        try:
            yield
        except (MessageError, OSError):
            raise
        except BotoCoreError as error:
            raise MessageError(_one_line(error)) from None
        except Exception as error:  # noqa: BLE001 - the SDK lets through whatever the libraries below it raise
            raise MessageError("; ".join(dict.fromkeys(self._refusals)) or otherwise(error)) from None


def encrypt(keys: Keys, context: Mapping[str, str], source: BinaryIO, output: BinaryIO, told: Told) -> None:
    """Write the source's message: its data key comes from the first key, and is encrypted under each of them.

    Raises:
        MessageError: in one line, with what the service said if it refused.
    """
    with keys.explaining(_one_line):
        stream = keys.client().stream(
            mode="e",
            source=source,
            key_provider=keys.provider(),
            encryption_context=dict(context),
            frame_length=FRAME,
        )
        for block in iter(lambda: stream.read(BLOCK), b""):
            output.write(block)
            told(stream.tell())


def decrypt(keys: Keys, context: Mapping[str, str], source: BinaryIO, output: BinaryIO, told: Told) -> None:
    """Write the message's text; each block has been authenticated, the whole message only when this returns.

    Its encryption context must hold the pairs of `context`.

    Raises:
        MessageError: if the service refused, or the message is not sound to its last byte and the only one: what was
            written until then must not be used.
    """
    with keys.explaining(lambda error: _fault(error, keys)):
        stream = keys.client().stream(
            mode="d", source=source, key_provider=keys.provider(), max_body_length=LONGEST_FRAME
        )
        _check_context(stream.header.encryption_context, context)
        for block in iter(lambda: stream.read(BLOCK), b""):
            output.write(block)
            told(stream.tell())
        stream.close()  # raises if the message has not come to its end
        if source.read(1):
            raise MessageError("more follows after the end of the message")


def _check_context(found: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if name not in found:
            raise MessageError(f"the message's encryption context has no `{name}`")
        if found[name] != value:
            raise MessageError(f"the message's encryption context has `{name}={found[name]}`, not `{name}={value}`")


def _fault(error: Exception, keys: Keys) -> str:
    """What is wrong with a message that the service did not refuse."""
    match error:
        case InvalidTag() | InvalidSignature():
            return "the message was changed after it was made"
        case SerializationError() if str(error.args[0]).startswith("Unexpected deserialization"):
            return "the input is no message of the AWS Encryption SDK, or is cut short"
        case AWSEncryptionSDKClientError() if str(error).startswith("Unable to decrypt any data key"):
            which = "a key given with --key-id" if keys.key_ids else "a KMS key"
            return f"no data key of the message is under {which}"
    return f"the input is no sound message of the AWS Encryption SDK: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    said = error.args[0] if error.args and isinstance(error, AWSEncryptionSDKClientError) else error
    return " ".join(str(said).split()) or type(error).__name__
