"""Encrypt, Decrypt and GenerateDataKey: the work of a symmetric key."""

from dataclasses import field
from typing import Annotated

from keyservice.authorize.context import SpelledValues, offered_encryption_context
from keyservice.authorize.target import Target
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import (
    CIPHERTEXT_ACCESS_DENIED,
    INCORRECT_KEY,
    INVALID_KEY_USAGE,
    KMS_INTERNAL,
    VALIDATION,
)
from keyservice.model.key import BackingKey, Key, KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.locate import key_target, locate_key, target_of
from keyservice.operations.members import (
    CiphertextBlob,
    DryRun,
    EncryptionAlgorithm,
    EncryptionContext,
    GrantTokens,
    KeyId,
    Plaintext,
    Recipient,
)
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Choice, NotOffered, Number
from keyservice.values import call_value

_HIDDEN = frozenset({"Plaintext", "CiphertextBlob", "GrantTokens"})


@call_value
class EncryptInput:
    """The parameters of Encrypt."""

    key_id: KeyId
    plaintext: Plaintext
    encryption_context: EncryptionContext = field(default_factory=dict)
    grant_tokens: GrantTokens = ()
    encryption_algorithm: EncryptionAlgorithm = "SYMMETRIC_DEFAULT"
    dry_run: DryRun = False


@call_value
class EncryptOutput:
    """What Encrypt answers."""

    ciphertext_blob: bytes
    key_id: str
    encryption_algorithm: str


def encrypt(run: Run, given: EncryptInput) -> EncryptOutput:
    """Encrypt up to 4,096 bytes under a KMS key and an encryption context."""
    key = _key_for(run, given.encryption_algorithm)
    blob = run.ports.keystore.encrypt(key, current_backing_key(run, key), given.plaintext, given.encryption_context)
    return EncryptOutput(ciphertext_blob=blob, key_id=key.arn, encryption_algorithm=given.encryption_algorithm)


@call_value
class DecryptInput:
    """The parameters of Decrypt."""

    ciphertext_blob: CiphertextBlob
    encryption_context: EncryptionContext = field(default_factory=dict)
    grant_tokens: GrantTokens = ()
    key_id: KeyId | None = None
    encryption_algorithm: EncryptionAlgorithm = "SYMMETRIC_DEFAULT"
    recipient: Recipient = None
    dry_run: DryRun = False
    dry_run_modifiers: Annotated[None, NotOffered()] = None


@call_value
class DecryptOutput:
    """What Decrypt answers; the material is that of the backing key which encrypted."""

    key_id: str
    plaintext: bytes
    encryption_algorithm: str
    key_material_id: str


def decrypt(run: Run, given: DecryptInput) -> DecryptOutput:
    """Decrypt a ciphertext blob of any of the key's backing keys, under the encryption context it was made with."""
    key = _key_for(run, given.encryption_algorithm)
    header = run.ports.keystore.header(given.ciphertext_blob)
    backing = run.ports.store.backing_key(key.region, key.key_id, header.backing_key_id)
    if backing is None:
        raise CIPHERTEXT_ACCESS_DENIED()
    plaintext = run.ports.keystore.decrypt(backing, header, given.encryption_context)
    return DecryptOutput(
        key_id=key.arn,
        plaintext=plaintext,
        encryption_algorithm=given.encryption_algorithm,
        key_material_id=backing.material_id,
    )


def locate_by_ciphertext(run: Run, given: DecryptInput) -> tuple[Target, ...]:
    """The key that the blob names, which must be the one that the request names, if it names one.

    Source: KMS API Reference, "Decrypt", KeyId: another key than the one that encrypted is IncorrectKeyException.
    """
    header = run.ports.keystore.header(given.ciphertext_blob)
    if given.key_id is not None:
        located = locate_key(run, given.key_id, by_alias=True)
        if located.key.key_id != header.key_id:
            raise INCORRECT_KEY()
        return (target_of("kms:Decrypt", located.key, request_alias=located.request_alias),)
    key = run.ports.store.key(run.ports.region, header.key_id)
    if key is None:
        raise CIPHERTEXT_ACCESS_DENIED()
    return (target_of("kms:Decrypt", key),)


@call_value
class GenerateDataKeyInput:
    """The parameters of GenerateDataKey: exactly one of `key_spec` and `number_of_bytes`."""

    key_id: KeyId
    encryption_context: EncryptionContext = field(default_factory=dict)
    number_of_bytes: Annotated[int | None, Number(1, 1024)] = None
    key_spec: Annotated[str | None, Choice(("AES_256", "AES_128"))] = None
    grant_tokens: GrantTokens = ()
    recipient: Recipient = None
    dry_run: DryRun = False


@call_value
class GenerateDataKeyOutput:
    """What GenerateDataKey answers."""

    ciphertext_blob: bytes
    plaintext: bytes
    key_id: str
    key_material_id: str


_DATA_KEY_LENGTHS = {"AES_256": 32, "AES_128": 16}


def generate_data_key(run: Run, given: GenerateDataKeyInput) -> GenerateDataKeyOutput:
    """Make a data key: in plaintext for use now, and encrypted under the KMS key to be kept beside the data."""
    if (given.number_of_bytes is None) == (given.key_spec is None):
        raise VALIDATION(detail="Please specify either number of bytes or key spec.")
    key = _key_for(run, "SYMMETRIC_DEFAULT")
    length = given.number_of_bytes or _DATA_KEY_LENGTHS[given.key_spec or "AES_256"]
    backing = current_backing_key(run, key)
    data_key = run.ports.keystore.random(length)
    blob = run.ports.keystore.encrypt(key, backing, data_key, given.encryption_context)
    return GenerateDataKeyOutput(
        ciphertext_blob=blob, plaintext=data_key, key_id=key.arn, key_material_id=backing.material_id
    )


def current_backing_key(run: Run, key: Key) -> BackingKey:
    """The backing key that new ciphertexts of a key are made with."""
    backing = run.ports.store.backing_key(key.region, key.key_id, key.current_backing_key or "")
    if backing is None:
        raise KMS_INTERNAL()
    return backing


def _key_for(run: Run, algorithm: str) -> Key:
    """The authorised key, if the algorithm is one of its spec's."""
    key = run.key
    if not KEY_SPECS[key.spec].supports(key.usage, algorithm):
        detail = f"Algorithm {algorithm} is incompatible with key spec {key.spec}."
        raise INVALID_KEY_USAGE(detail=detail)
    return key


def _offers(given: EncryptInput | DecryptInput) -> SpelledValues:
    return {
        **offered_encryption_context(given.encryption_context),
        "kms:EncryptionAlgorithm": given.encryption_algorithm,
    }


ENCRYPT = Operation(
    name="Encrypt",
    page="Encrypt",
    input=EncryptInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:Encrypt", given.key_id, by_alias=True),
    answer=encrypt,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=_HIDDEN,
    cross_account=True,
)

DECRYPT = Operation(
    name="Decrypt",
    page="Decrypt",
    input=DecryptInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=locate_by_ciphertext,
    answer=decrypt,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=_HIDDEN,
    cross_account=True,
)

GENERATE_DATA_KEY = Operation(
    name="GenerateDataKey",
    page="GenerateDataKey",
    input=GenerateDataKeyInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:GenerateDataKey", given.key_id, by_alias=True),
    answer=generate_data_key,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=lambda given: offered_encryption_context(given.encryption_context),
    redacted=_HIDDEN,
    cross_account=True,
)
