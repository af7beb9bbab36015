"""GetParametersForImport: a public key to wrap key material under, and a token for the import.

Source: KMS API Reference, "GetParametersForImport"; KMS Developer Guide, "Download the wrapping public key and import
token".
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from keyservice.crypto.import_wrapping import (
    WRAPPING_ALGORITHMS,
    WRAPPING_KEY_SPECS,
    can_wrap,
    generate_wrapping_key,
)
from keyservice.crypto.keypair import KeyPair, read_own, write_public
from keyservice.crypto.specs import KEY_SPECS
from keyservice.crypto.wrapping import IV_LENGTH, SALT_LENGTH, RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.errors import INVALID_IMPORT_TOKEN, KEY_NOT_FOUND, KMS_INTERNAL, UNSUPPORTED_OPERATION, ServiceError
from keyservice.model.key import Key
from keyservice.model.states import StateRule
from keyservice.model.wrapping_key import WrappingKey
from keyservice.operations.import_token import ImportToken
from keyservice.operations.locate import key_target
from keyservice.operations.members import KeyId
from keyservice.operations.operation import Kind, Operation, Ports, Run
from keyservice.operations.shapes import Choice

VALID = 86_400.0  # seconds: 24 hours ("GetParametersForImport")

_ALGORITHMS = (
    *("RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
    *("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256", "SM2PKE"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParametersForImportInput:
    """The parameters of GetParametersForImport."""

    key_id: KeyId
    wrapping_algorithm: Annotated[str, Choice(_ALGORITHMS)]
    wrapping_key_spec: Annotated[str, Choice((*WRAPPING_KEY_SPECS, "SM2"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetParametersForImportOutput:
    """What one import needs; `key_id` is the key's ARN, `public_key` a SubjectPublicKeyInfo (DER)."""

    key_id: str
    import_token: bytes
    public_key: bytes
    parameters_valid_to: float


def check_wrapping(run: Run, given: GetParametersForImportInput) -> None:
    """Refuse what AWS has given up (RSAES_PKCS1_V1_5, October 2023) or has in China alone, and what does not fit.

    The wording is not documented.
    """
    if given.wrapping_algorithm not in WRAPPING_ALGORITHMS:
        raise UNSUPPORTED_OPERATION(detail=f"WrappingAlgorithm {given.wrapping_algorithm} is not supported.")
    if given.wrapping_key_spec not in WRAPPING_KEY_SPECS:
        detail = f"WrappingKeySpec {given.wrapping_key_spec} is not supported in this Region."
        raise UNSUPPORTED_OPERATION(detail=detail)
    if not can_wrap(given.wrapping_algorithm, given.wrapping_key_spec, KEY_SPECS[run.key.spec]):
        how = f"WrappingAlgorithm {given.wrapping_algorithm} with WrappingKeySpec {given.wrapping_key_spec}"
        raise UNSUPPORTED_OPERATION(detail=f"{how} is not supported for key material of KeySpec {run.key.spec}.")


def get_parameters_for_import(run: Run, given: GetParametersForImportInput) -> GetParametersForImportOutput:
    """Make a wrapping key for one import. Its private half is kept, sealed, until it is used or expires."""
    ports, key = run.ports, run.key
    private = generate_wrapping_key(given.wrapping_key_spec)
    public = write_public(read_own(private).public)
    token = ImportToken(
        account=key.account,
        region=key.region,
        key_id=key.key_id,
        wrapping_key_spec=given.wrapping_key_spec,
        wrapping_algorithm=given.wrapping_algorithm,
        public_key=sha256(public).hexdigest(),
        expires=run.now + VALID,
        nonce=ports.random(16).hex(),
    )
    _keep(ports, key, _sealed(ports, token, private), run.now)
    return GetParametersForImportOutput(
        key_id=key.arn,
        import_token=token.seal(ports.domain_key, random=ports.random),
        public_key=public,
        parameters_valid_to=token.expires,
    )


def open_wrapping_key(ports: Ports, token: ImportToken) -> KeyPair:
    """The wrapping key of a token, ready for use.

    Raises:
        ServiceError: InvalidImportTokenException if it is gone, as every one is good for one import.
    """
    kept = ports.store.wrapping_key(token.region, token.key_id, token.nonce)
    if kept is None:
        raise INVALID_IMPORT_TOKEN()
    try:
        pair = read_own(unwrap(ports.domain_key, _identity(token), kept.sealed))
    except UnwrapError:
        raise ServiceError(KMS_INTERNAL, KMS_INTERNAL.message, secondary="a wrapping key does not unwrap") from None
    if sha256(write_public(pair.public)).hexdigest() != token.public_key:
        raise INVALID_IMPORT_TOKEN()
    return pair


def _sealed(ports: Ports, token: ImportToken, private: bytes) -> WrappingKey:
    salt, iv = ports.random(SALT_LENGTH), ports.random(IV_LENGTH)
    return WrappingKey(
        account=token.account,
        region=token.region,
        key_id=token.key_id,
        nonce=token.nonce,
        expires=token.expires,
        sealed=wrap(ports.domain_key, _identity(token), salt=salt, iv=iv, material=private),
    )


def _identity(token: ImportToken) -> RecordIdentity:
    """What the sealed private key is bound to; the nonce stands in the place of a backing key's id."""
    return RecordIdentity(
        type="import-wrapping-key",
        root_id="",
        account=token.account,
        key_id=token.key_id,
        backing_key_id=token.nonce,
        spec=token.wrapping_key_spec,
    )


def _keep(ports: Ports, key: Key, wrapping_key: WrappingKey, now: float) -> None:
    """Keep the wrapping key, and erase those that nobody has used in time."""
    with ports.store.change() as change:
        if change.key(key.region, key.key_id) is None:
            raise KEY_NOT_FOUND(arn=key.arn)
        change.delete_expired_wrapping_keys(now)
        change.put_wrapping_key(wrapping_key)


# CloudTrail has it as a read ("GetParametersForImport" among its examples): the key does not change.
GET_PARAMETERS_FOR_IMPORT = Operation(
    name="GetParametersForImport",
    page="GetParametersForImport",
    input=GetParametersForImportInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:GetParametersForImport", given.key_id),
    check=check_wrapping,
    answer=get_parameters_for_import,
    states=StateRule.IMPORT_PARAMETERS,
    offers=lambda given: {
        "kms:WrappingAlgorithm": given.wrapping_algorithm,
        "kms:WrappingKeySpec": given.wrapping_key_spec,
    },
    is_slow=lambda _: True,  # RSA keys take up to seconds to make
)
