"""Encrypt and Decrypt: small plaintexts under a KMS key, symmetric or RSA."""

from collections.abc import Mapping
from dataclasses import field

from keyservice.authorize.context import SpelledValues, offered_encryption_context
from keyservice.model.key import KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.encryption import (
    SYMMETRIC,
    Ciphertext,
    check_encryption,
    check_length,
    decrypt_under,
    encrypt_under,
    given_ciphertext,
    locate_source,
)
from keyservice.operations.locate import key_target
from keyservice.operations.members import (
    CiphertextBlob,
    DryRun,
    DryRunModifiers,
    EncryptionAlgorithm,
    EncryptionContext,
    GrantTokens,
    KeyId,
    Plaintext,
    Recipient,
)
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.values import call_value

HIDDEN = frozenset({"Plaintext", "CiphertextBlob", "GrantTokens"})


@call_value
class EncryptInput:
    """The parameters of Encrypt."""

    key_id: KeyId
    plaintext: Plaintext
    encryption_context: EncryptionContext = field(default_factory=dict)
    grant_tokens: GrantTokens = ()
    encryption_algorithm: EncryptionAlgorithm = SYMMETRIC
    dry_run: DryRun = False


@call_value
class EncryptOutput:
    """What Encrypt answers."""

    ciphertext_blob: bytes
    key_id: str
    encryption_algorithm: str


def check_encrypt(run: Run, given: EncryptInput) -> None:
    """Refuse an algorithm, an encryption context or a length that the key does not take."""
    check_encryption(run.key, given.encryption_algorithm, given.encryption_context)
    check_length(run.key, given.encryption_algorithm, given.plaintext)


def encrypt(run: Run, given: EncryptInput) -> EncryptOutput:
    """Encrypt up to 4,096 bytes under a KMS key; under a symmetric one, and an encryption context."""
    key, algorithm = run.key, given.encryption_algorithm
    blob, _ = encrypt_under(run, key, algorithm, given.plaintext, given.encryption_context)
    return EncryptOutput(ciphertext_blob=blob, key_id=key.arn, encryption_algorithm=algorithm)


@call_value
class DecryptInput:
    """The parameters of Decrypt."""

    ciphertext_blob: CiphertextBlob | None = None
    encryption_context: EncryptionContext = field(default_factory=dict)
    grant_tokens: GrantTokens = ()
    key_id: KeyId | None = None
    encryption_algorithm: EncryptionAlgorithm = SYMMETRIC
    recipient: Recipient = None
    dry_run: DryRun = False
    dry_run_modifiers: DryRunModifiers = ()

    @property
    def ciphertext(self) -> Ciphertext:
        """The ciphertext; there must be one, unless a dry run is to ignore it."""
        return given_ciphertext(
            self.ciphertext_blob,
            self.key_id,
            self.encryption_algorithm,
            self.encryption_context,
            is_ignored=self.dry_run and bool(self.dry_run_modifiers),
        )


@call_value
class DecryptOutput:
    """What Decrypt answers; the material is that of the backing key which encrypted."""

    key_id: str
    plaintext: bytes
    encryption_algorithm: str
    key_material_id: str | None


def decrypt(run: Run, given: DecryptInput) -> DecryptOutput:
    """Decrypt a ciphertext of any of the key's backing keys, under the encryption context it was made with."""
    plaintext, material_id = decrypt_under(run, run.key, given.ciphertext)
    return DecryptOutput(
        key_id=run.key.arn,
        plaintext=plaintext,
        encryption_algorithm=given.encryption_algorithm,
        key_material_id=material_id,
    )


def offered_encryption(algorithm: str, context: Mapping[str, str]) -> SpelledValues:
    """The condition keys that every request to encrypt or decrypt carries."""
    return {**offered_encryption_context(context), "kms:EncryptionAlgorithm": algorithm}


def _offers(given: EncryptInput | DecryptInput) -> SpelledValues:
    return offered_encryption(given.encryption_algorithm, given.encryption_context)


ENCRYPT = Operation(
    name="Encrypt",
    page="Encrypt",
    input=EncryptInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:Encrypt", given.key_id, by_alias=True),
    check=check_encrypt,
    answer=encrypt,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=HIDDEN,
    cross_account=True,
)

DECRYPT = Operation(
    name="Decrypt",
    page="Decrypt",
    input=DecryptInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: (locate_source(run, "kms:Decrypt", given.ciphertext),),
    check=lambda run, given: check_encryption(run.key, given.encryption_algorithm, given.encryption_context),
    answer=decrypt,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=HIDDEN,
    cross_account=True,
    is_slow=lambda given: given.encryption_algorithm != SYMMETRIC,  # an RSA private key takes a millisecond
)
