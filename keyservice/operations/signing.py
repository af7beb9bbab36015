"""Sign, Verify and GetPublicKey: the work of asymmetric keys whose public half others may have.

Source: KMS API Reference, the three operations; wording of errors as recorded from AWS.
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.authorize.context import SpelledValues
from keyservice.crypto.signing import EXTERNAL_MU, MESSAGE_TYPES, RAW, SIGNING_ALGORITHMS
from keyservice.crypto.specs import KEY_SPECS, Family
from keyservice.errors import UNSUPPORTED_OPERATION, VALIDATION
from keyservice.model.key import KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.encryption import check_algorithm, current_backing_key
from keyservice.operations.locate import key_target
from keyservice.operations.members import DryRun, GrantTokens, KeyId, Message
from keyservice.operations.metadata import algorithms_for
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Blob, Choice

_SIGNING_ALGORITHMS = (
    *("RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512"),
    *("RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512"),
    *("ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512", "SM2DSA", "ML_DSA_SHAKE_256"),
    *("ED25519_SHA_512", "ED25519_PH_SHA_512"),
)
SigningAlgorithm = Annotated[str, Choice(_SIGNING_ALGORITHMS)]
MessageType = Annotated[str, Choice(MESSAGE_TYPES)]
Signature = Annotated[bytes, Blob(1, 6144)]

_HIDDEN = frozenset({"Message", "Signature", "GrantTokens"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInput:
    """The parameters of Sign."""

    key_id: KeyId
    message: Message
    signing_algorithm: SigningAlgorithm
    message_type: MessageType = RAW
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutput:
    """What Sign answers. An ECDSA signature is DER-encoded (RFC 3279, section 2.2.3)."""

    key_id: str
    signature: bytes
    signing_algorithm: str


def sign(run: Run, given: SignInput) -> SignOutput:
    """Sign a message of up to 4,096 bytes, or its digest, with the private key."""
    key, algorithm = run.key, given.signing_algorithm
    backing = current_backing_key(run, key)
    signature = run.ports.keystore.sign(key, backing, algorithm, given.message, given.message_type)
    return SignOutput(key_id=key.arn, signature=signature, signing_algorithm=algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyInput:
    """The parameters of Verify."""

    key_id: KeyId
    message: Message
    signature: Signature
    signing_algorithm: SigningAlgorithm
    message_type: MessageType = RAW
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutput:
    """What Verify answers: a signature that is not valid is an error."""

    key_id: str
    signature_valid: bool
    signing_algorithm: str


def verify(run: Run, given: VerifyInput) -> VerifyOutput:
    """Verify that a signature was made with the private key; another one is KMSInvalidSignatureException."""
    key, algorithm = run.key, given.signing_algorithm
    backing = current_backing_key(run, key)
    run.ports.keystore.verify(key, backing, algorithm, given.message, given.message_type, given.signature)
    return VerifyOutput(key_id=key.arn, signature_valid=True, signing_algorithm=algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPublicKeyInput:
    """The parameters of GetPublicKey."""

    key_id: KeyId
    grant_tokens: GrantTokens = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPublicKeyOutput:
    """The public key (SubjectPublicKeyInfo, DER), and what it may be used for; the others' algorithms are absent."""

    key_id: str
    public_key: bytes
    customer_master_key_spec: str
    key_spec: str
    key_usage: str
    encryption_algorithms: tuple[str, ...] | None
    signing_algorithms: tuple[str, ...] | None
    key_agreement_algorithms: tuple[str, ...] | None
    encapsulation_algorithms: tuple[str, ...] | None


def get_public_key(run: Run, _: GetPublicKeyInput) -> GetPublicKeyOutput:
    """Give the public key, for use outside."""
    key = run.key
    return GetPublicKeyOutput(
        key_id=key.arn,
        public_key=run.ports.keystore.public_key(key, current_backing_key(run, key)),
        customer_master_key_spec=key.spec,
        key_spec=key.spec,
        key_usage=key.usage,
        encryption_algorithms=algorithms_for(key, KeyUsage.ENCRYPT_DECRYPT),
        signing_algorithms=algorithms_for(key, KeyUsage.SIGN_VERIFY),
        key_agreement_algorithms=algorithms_for(key, KeyUsage.KEY_AGREEMENT),
        encapsulation_algorithms=algorithms_for(key, KeyUsage.ENCAPSULATE_DECAPSULATE),
    )


def _check_message(run: Run, given: SignInput | VerifyInput) -> None:
    """Refuse an algorithm that is not the key's, then a message type or a length that is not the algorithm's."""
    key, algorithm, kind = run.key, given.signing_algorithm, given.message_type
    check_algorithm(key, algorithm)
    lengths = SIGNING_ALGORITHMS[algorithm].lengths
    if kind not in lengths:
        # Ed25519's two algorithms take a message type each, so the message blames the algorithm.
        is_edwards = KEY_SPECS[key.spec].family is Family.ED25519
        blamed = f"algorithm {algorithm}" if is_edwards else f"key spec {key.spec}"
        raise VALIDATION(detail=f"Message type {kind} is incompatible with {blamed}.")
    if lengths[kind] not in (None, len(given.message)):
        what = "External Mu" if kind == EXTERNAL_MU else "Digest"
        raise VALIDATION(detail=f"{what} is invalid length for algorithm {algorithm}.")


def _check_has_public_key(run: Run, _: GetPublicKeyInput) -> None:
    """Refuse symmetric keys; AWS says no more than that."""
    if not KEY_SPECS[run.key.spec].is_asymmetric:
        raise UNSUPPORTED_OPERATION(detail="")


def _offers(given: SignInput | VerifyInput) -> SpelledValues:
    return {"kms:SigningAlgorithm": given.signing_algorithm, "kms:MessageType": given.message_type}


SIGN = Operation(
    name="Sign",
    page="Sign",
    input=SignInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:Sign", given.key_id, by_alias=True),
    check=_check_message,
    answer=sign,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.SIGN_VERIFY,
    offers=_offers,
    redacted=_HIDDEN,
    cross_account=True,
    # About a millisecond; elliptic curves take less than half of one.
    is_slow=lambda given: given.signing_algorithm.startswith(("RSASSA_", "ML_DSA_")),
)

VERIFY = Operation(
    name="Verify",
    page="Verify",
    input=VerifyInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:Verify", given.key_id, by_alias=True),
    check=_check_message,
    answer=verify,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.SIGN_VERIFY,
    offers=_offers,
    redacted=_HIDDEN,
    cross_account=True,
)

GET_PUBLIC_KEY = Operation(
    name="GetPublicKey",
    page="GetPublicKey",
    input=GetPublicKeyInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:GetPublicKey", given.key_id, by_alias=True),
    check=_check_has_public_key,
    answer=get_public_key,
    states=StateRule.PUBLIC_KEY,
    redacted=frozenset({"GrantTokens"}),
    cross_account=True,
)
