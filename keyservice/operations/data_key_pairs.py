"""GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext: key pairs that are used outside.

Source: KMS API Reference, the two operations; KMS Developer Guide, "Data key pairs".
"""

from dataclasses import dataclass, field, fields
from typing import Annotated

from keyservice.authorize.context import SpelledValues
from keyservice.crypto import keypair
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import UNSUPPORTED_OPERATION
from keyservice.model.key import KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.data import HIDDEN, offered_encryption
from keyservice.operations.data_keys import check_symmetric
from keyservice.operations.encryption import SYMMETRIC, encrypt_under
from keyservice.operations.locate import key_target
from keyservice.operations.members import DryRun, EncryptionContext, GrantTokens, KeyId, Recipient
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Choice

KEY_PAIR_SPECS = (
    *("RSA_2048", "RSA_3072", "RSA_4096", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"),
    *("SM2", "ECC_NIST_EDWARDS25519", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateDataKeyPairWithoutPlaintextInput:
    """The parameters of GenerateDataKeyPairWithoutPlaintext."""

    key_id: KeyId
    key_pair_spec: Annotated[str, Choice(KEY_PAIR_SPECS)]
    encryption_context: EncryptionContext = field(default_factory=dict)
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateDataKeyPairInput(GenerateDataKeyPairWithoutPlaintextInput):
    """The parameters of GenerateDataKeyPair."""

    recipient: Recipient = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateDataKeyPairWithoutPlaintextOutput:
    """What GenerateDataKeyPairWithoutPlaintext answers."""

    private_key_ciphertext_blob: bytes
    public_key: bytes
    key_id: str
    key_pair_spec: str
    key_material_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateDataKeyPairOutput(GenerateDataKeyPairWithoutPlaintextOutput):
    """What GenerateDataKeyPair answers; the private key is PKCS #8, the public key SubjectPublicKeyInfo."""

    private_key_plaintext: bytes


def generate_data_key_pair(run: Run, given: GenerateDataKeyPairWithoutPlaintextInput) -> GenerateDataKeyPairOutput:
    """Make a data key pair: its private key in plaintext for use now, and encrypted under the KMS key."""
    private = keypair.generate(KEY_SPECS[given.key_pair_spec])
    plaintext = keypair.write_private(private)
    blob, material = encrypt_under(run, run.key, SYMMETRIC, plaintext, given.encryption_context)
    return GenerateDataKeyPairOutput(
        private_key_ciphertext_blob=blob,
        private_key_plaintext=plaintext,
        public_key=keypair.write_public(private.public_key()),
        key_id=run.key.arn,
        key_pair_spec=given.key_pair_spec,
        key_material_id=material,
    )


def generate_data_key_pair_without_plaintext(
    run: Run, given: GenerateDataKeyPairWithoutPlaintextInput
) -> GenerateDataKeyPairWithoutPlaintextOutput:
    """Make a data key pair whose private key is needed later."""
    made = generate_data_key_pair(run, given)
    told = fields(GenerateDataKeyPairWithoutPlaintextOutput)
    return GenerateDataKeyPairWithoutPlaintextOutput(**{member.name: getattr(made, member.name) for member in told})


def _check(run: Run, given: GenerateDataKeyPairWithoutPlaintextInput) -> None:
    check_symmetric(run, given)
    if run.key.custom_key_store_id is not None:  # "GenerateDataKeyPair", KeyId
        raise UNSUPPORTED_OPERATION(detail=f"{run.key.arn} is in a custom key store, which makes no data key pairs.")
    if given.key_pair_spec not in KEY_SPECS:
        raise UNSUPPORTED_OPERATION(detail=f"KeyPairSpec {given.key_pair_spec} is not supported in this Region.")


def _offers(given: GenerateDataKeyPairWithoutPlaintextInput) -> SpelledValues:
    offered = offered_encryption(SYMMETRIC, given.encryption_context)
    return {**offered, "kms:DataKeyPairSpec": given.key_pair_spec}


def _is_slow(given: GenerateDataKeyPairWithoutPlaintextInput) -> bool:
    return given.key_pair_spec.startswith("RSA_")  # up to seconds; the others take less than half a millisecond


GENERATE_DATA_KEY_PAIR = Operation(
    name="GenerateDataKeyPair",
    page="GenerateDataKeyPair",
    input=GenerateDataKeyPairInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:GenerateDataKeyPair", given.key_id, by_alias=True),
    check=_check,
    answer=generate_data_key_pair,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=HIDDEN,
    cross_account=True,
    is_slow=_is_slow,
)

GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT = Operation(
    name="GenerateDataKeyPairWithoutPlaintext",
    page="GenerateDataKeyPairWithoutPlaintext",
    input=GenerateDataKeyPairWithoutPlaintextInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:GenerateDataKeyPairWithoutPlaintext", given.key_id, by_alias=True),
    check=_check,
    answer=generate_data_key_pair_without_plaintext,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.ENCRYPT_DECRYPT,
    offers=_offers,
    redacted=HIDDEN,
    cross_account=True,
    is_slow=_is_slow,
)
