"""DeriveSharedSecret, Encapsulate and Decapsulate: secrets that two parties share.

Source: KMS API Reference, the three operations; KMS Developer Guide, "ML-KEM keys in AWS KMS".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.model.key import KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.encryption import check_algorithm, current_backing_key
from keyservice.operations.locate import key_target
from keyservice.operations.members import DryRun, GrantTokens, KeyId, Recipient
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Blob, Choice

KeyAgreementAlgorithm = Annotated[str, Choice(("ECDH",))]
EncapsulationAlgorithm = Annotated[str, Choice(("ML_KEM",))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeriveSharedSecretInput:
    """The parameters of DeriveSharedSecret; `public_key` is the peer's SubjectPublicKeyInfo, DER."""

    key_id: KeyId
    key_agreement_algorithm: KeyAgreementAlgorithm
    public_key: Annotated[bytes, Blob(1, 8192)]
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False
    recipient: Recipient = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeriveSharedSecretOutput:
    """What DeriveSharedSecret answers; the secret is raw, to be put through a key derivation function."""

    key_id: str
    shared_secret: bytes
    key_agreement_algorithm: str
    key_origin: str


def derive_shared_secret(run: Run, given: DeriveSharedSecretInput) -> DeriveSharedSecretOutput:
    """Derive the secret that the private key shares with the owner of the peer's."""
    key = run.key
    return DeriveSharedSecretOutput(
        key_id=key.arn,
        shared_secret=run.ports.keystore.agree(key, current_backing_key(run, key), given.public_key),
        key_agreement_algorithm=given.key_agreement_algorithm,
        key_origin=key.origin,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EncapsulateInput:
    """The parameters of Encapsulate."""

    key_id: KeyId
    encapsulation_algorithm: EncapsulationAlgorithm
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EncapsulateOutput:
    """What Encapsulate answers; the secret has 32 bytes."""

    key_id: str
    shared_secret: bytes
    shared_secret_ciphertext_blob: bytes
    encapsulation_algorithm: str


def encapsulate(run: Run, given: EncapsulateInput) -> EncapsulateOutput:
    """Make a fresh secret, and its encapsulated form, which the private key alone opens."""
    secret, blob = run.ports.keystore.encapsulate(run.key, current_backing_key(run, run.key))
    return EncapsulateOutput(
        key_id=run.key.arn,
        shared_secret=secret,
        shared_secret_ciphertext_blob=blob,
        encapsulation_algorithm=given.encapsulation_algorithm,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecapsulateInput:
    """The parameters of Decapsulate."""

    key_id: KeyId
    shared_secret_ciphertext_blob: Annotated[bytes, Blob(1, 6144)]
    encapsulation_algorithm: EncapsulationAlgorithm
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecapsulateOutput:
    """What Decapsulate answers: 32 bytes, which are the sender's secret only if the ciphertext was sound."""

    key_id: str
    shared_secret: bytes
    encapsulation_algorithm: str


def decapsulate(run: Run, given: DecapsulateInput) -> DecapsulateOutput:
    """Recover the secret from its encapsulated form."""
    backing = current_backing_key(run, run.key)
    return DecapsulateOutput(
        key_id=run.key.arn,
        shared_secret=run.ports.keystore.decapsulate(run.key, backing, given.shared_secret_ciphertext_blob),
        encapsulation_algorithm=given.encapsulation_algorithm,
    )


DERIVE_SHARED_SECRET = Operation(
    name="DeriveSharedSecret",
    page="DeriveSharedSecret",
    input=DeriveSharedSecretInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:DeriveSharedSecret", given.key_id, by_alias=True),
    check=lambda run, given: check_algorithm(run.key, given.key_agreement_algorithm),
    answer=derive_shared_secret,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.KEY_AGREEMENT,
    offers=lambda given: {"kms:KeyAgreementAlgorithm": given.key_agreement_algorithm},
    redacted=frozenset({"GrantTokens"}),
    cross_account=True,
)

ENCAPSULATE = Operation(
    name="Encapsulate",
    page="Encapsulate",
    input=EncapsulateInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:Encapsulate", given.key_id, by_alias=True),
    check=lambda run, given: check_algorithm(run.key, given.encapsulation_algorithm),
    answer=encapsulate,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCAPSULATE_DECAPSULATE,
    redacted=frozenset({"GrantTokens"}),
    cross_account=True,
)

DECAPSULATE = Operation(
    name="Decapsulate",
    page="Decapsulate",
    input=DecapsulateInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:Decapsulate", given.key_id, by_alias=True),
    check=lambda run, given: check_algorithm(run.key, given.encapsulation_algorithm),
    answer=decapsulate,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCAPSULATE_DECAPSULATE,
    redacted=frozenset({"SharedSecretCiphertextBlob", "GrantTokens"}),
    cross_account=True,
)
