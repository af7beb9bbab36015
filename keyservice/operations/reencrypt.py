"""ReEncrypt: from one KMS key or encryption context to another; the plaintext does not leave the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from keyservice.authorize.target import Target
from keyservice.errors import KMS_INTERNAL
from keyservice.model.key import Key, KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.data import HIDDEN, offered_encryption
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
)
from keyservice.operations.operation import Kind, Operation, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ReEncryptInput:
    """The parameters of ReEncrypt."""

    destination_key_id: KeyId
    ciphertext_blob: CiphertextBlob | None = None
    source_encryption_context: EncryptionContext = field(default_factory=dict)
    source_key_id: KeyId | None = None
    destination_encryption_context: EncryptionContext = field(default_factory=dict)
    source_encryption_algorithm: EncryptionAlgorithm = SYMMETRIC
    destination_encryption_algorithm: EncryptionAlgorithm = SYMMETRIC
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False
    dry_run_modifiers: DryRunModifiers = ()

    @property
    def ciphertext(self) -> Ciphertext:
        """The ciphertext; there must be one, unless a dry run is to ignore it."""
        return given_ciphertext(
            self.ciphertext_blob,
            self.source_key_id,
            self.source_encryption_algorithm,
            self.source_encryption_context,
            is_ignored=self.dry_run and bool(self.dry_run_modifiers),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReEncryptOutput:
    """What ReEncrypt answers; material ids are those of symmetric keys."""

    ciphertext_blob: bytes
    source_key_id: str
    key_id: str
    source_encryption_algorithm: str
    destination_encryption_algorithm: str
    source_key_material_id: str | None
    destination_key_material_id: str | None


def check_re_encrypt(run: Run, given: ReEncryptInput) -> None:
    """Refuse algorithms and encryption contexts that the two keys do not take."""
    source, destination = _keys(run)
    check_encryption(source, given.source_encryption_algorithm, given.source_encryption_context)
    check_encryption(destination, given.destination_encryption_algorithm, given.destination_encryption_context)


def re_encrypt(run: Run, given: ReEncryptInput) -> ReEncryptOutput:
    """Decrypt a ciphertext and encrypt its plaintext anew, under another key, algorithm or encryption context."""
    source, destination = _keys(run)
    algorithm = given.destination_encryption_algorithm
    plaintext, source_material = decrypt_under(run, source, given.ciphertext)
    check_length(destination, algorithm, plaintext)
    context = given.destination_encryption_context
    blob, destination_material = encrypt_under(run, destination, algorithm, plaintext, context)
    return ReEncryptOutput(
        ciphertext_blob=blob,
        source_key_id=source.arn,
        key_id=destination.arn,
        source_encryption_algorithm=given.source_encryption_algorithm,
        destination_encryption_algorithm=algorithm,
        source_key_material_id=source_material,
        destination_key_material_id=destination_material,
    )


def locate_both(run: Run, given: ReEncryptInput) -> tuple[Target, ...]:
    """The two keys, each with the conditions of its own half ("ReEncrypt", required permissions)."""
    source = locate_source(run, "kms:ReEncryptFrom", given.ciphertext)
    (destination,) = key_target(run, "kms:ReEncryptTo", given.destination_key_id, by_alias=True)
    is_same = source.resource == destination.resource
    return (
        _half(source, given.source_encryption_algorithm, given.source_encryption_context, is_same=is_same),
        _half(
            destination, given.destination_encryption_algorithm, given.destination_encryption_context, is_same=is_same
        ),
    )


def _half(target: Target, algorithm: str, context: Mapping[str, str], *, is_same: bool) -> Target:
    same = {"kms:ReEncryptOnSameKey": "true" if is_same else "false"}
    return replace(target, offered={**offered_encryption(algorithm, context), **same}, encryption_context=context)


def _keys(run: Run) -> tuple[Key, Key]:
    source, destination = (target.key for target in run.targets)
    if source is None or destination is None:
        raise KMS_INTERNAL()
    return source, destination


RE_ENCRYPT = Operation(
    name="ReEncrypt",
    page="ReEncrypt",
    input=ReEncryptInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=locate_both,
    check=check_re_encrypt,
    answer=re_encrypt,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    redacted=HIDDEN,
    cross_account=True,
    is_slow=lambda given: given.source_encryption_algorithm != SYMMETRIC,  # an RSA private key takes a millisecond
)
