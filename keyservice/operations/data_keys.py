"""GenerateDataKey and GenerateDataKeyWithoutPlaintext: keys that are used outside, encrypted under a KMS key.

Source: KMS API Reference, the two operations; KMS Developer Guide, "Data keys".
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from keyservice.authorize.context import SpelledValues
from keyservice.authorize.target import Target
from keyservice.errors import INVALID_KEY_USAGE, VALIDATION
from keyservice.model.key import KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.data import HIDDEN, offered_encryption
from keyservice.operations.encryption import SYMMETRIC, encrypt_under
from keyservice.operations.locate import key_target
from keyservice.operations.members import DryRun, EncryptionContext, GrantTokens, KeyId, Recipient
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Choice, Number
from keyservice.values import call_value

DATA_KEY_LENGTHS: Mapping[str, int] = {"AES_256": 32, "AES_128": 16}  # bytes


@call_value
class GenerateDataKeyWithoutPlaintextInput:
    """The parameters of GenerateDataKeyWithoutPlaintext: exactly one of `number_of_bytes` and `key_spec`."""

    key_id: KeyId
    encryption_context: EncryptionContext = field(default_factory=dict)
    key_spec: Annotated[str | None, Choice(tuple(DATA_KEY_LENGTHS))] = None
    number_of_bytes: Annotated[int | None, Number(1, 1024)] = None
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@call_value
class GenerateDataKeyInput(GenerateDataKeyWithoutPlaintextInput):
    """The parameters of GenerateDataKey."""

    recipient: Recipient = None


@call_value
class GenerateDataKeyWithoutPlaintextOutput:
    """What GenerateDataKeyWithoutPlaintext answers."""

    ciphertext_blob: bytes
    key_id: str
    key_material_id: str | None


@call_value
class GenerateDataKeyOutput(GenerateDataKeyWithoutPlaintextOutput):
    """What GenerateDataKey answers."""

    plaintext: bytes


def generate_data_key(run: Run, given: GenerateDataKeyInput) -> GenerateDataKeyOutput:
    """Make a data key: in plaintext for use now, and encrypted under the KMS key to be kept beside the data."""
    data_key = run.ports.keystore.random(_length(given))
    blob, material = encrypt_under(run, run.key, SYMMETRIC, data_key, given.encryption_context)
    return GenerateDataKeyOutput(ciphertext_blob=blob, plaintext=data_key, key_id=run.key.arn, key_material_id=material)


def generate_data_key_without_plaintext(
    run: Run, given: GenerateDataKeyWithoutPlaintextInput
) -> GenerateDataKeyWithoutPlaintextOutput:
    """Make a data key that is needed later: encrypted under the KMS key alone."""
    data_key = run.ports.keystore.random(_length(given))
    blob, material = encrypt_under(run, run.key, SYMMETRIC, data_key, given.encryption_context)
    return GenerateDataKeyWithoutPlaintextOutput(ciphertext_blob=blob, key_id=run.key.arn, key_material_id=material)


def check_symmetric(run: Run, _: object) -> None:
    """Refuse a KMS key that cannot encrypt data keys, though it encrypts: RSA keys.

    Raises:
        ServiceError: InvalidKeyUsageException.
    """
    if run.key.spec != SYMMETRIC:
        raise INVALID_KEY_USAGE(detail="You cannot generate a data key with an asymmetric CMK")


def _length(given: GenerateDataKeyWithoutPlaintextInput) -> int:
    """How many bytes the data key has; AWS refuses none, and two, before it looks at the key's state."""
    if (given.number_of_bytes is None) == (given.key_spec is None):
        raise VALIDATION(detail="Please specify either number of bytes or key spec.")
    return given.number_of_bytes or DATA_KEY_LENGTHS[given.key_spec or ""]


def _locate(run: Run, action: str, given: GenerateDataKeyWithoutPlaintextInput) -> tuple[Target, ...]:
    _length(given)
    return key_target(run, action, given.key_id, by_alias=True)


def _offers(given: GenerateDataKeyWithoutPlaintextInput) -> SpelledValues:
    return offered_encryption(SYMMETRIC, given.encryption_context)


GENERATE_DATA_KEY = Operation(
    name="GenerateDataKey",
    page="GenerateDataKey",
    input=GenerateDataKeyInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: _locate(run, "kms:GenerateDataKey", given),
    check=check_symmetric,
    answer=generate_data_key,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=HIDDEN,
    cross_account=True,
)

GENERATE_DATA_KEY_WITHOUT_PLAINTEXT = Operation(
    name="GenerateDataKeyWithoutPlaintext",
    page="GenerateDataKeyWithoutPlaintext",
    input=GenerateDataKeyWithoutPlaintextInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: _locate(run, "kms:GenerateDataKeyWithoutPlaintext", given),
    check=check_symmetric,
    answer=generate_data_key_without_plaintext,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=HIDDEN,
    cross_account=True,
)
