"""What CreateGrant takes, and what a grant may be.

Source: KMS API Reference, "CreateGrant", "GrantConstraints"; KMS Developer Guide, "Grants in AWS KMS" (grant
operations), "Creating grants".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from keyservice.authorize.context import SpelledValues, offered_encryption_context
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import INVALID_PRINCIPAL, VALIDATION
from keyservice.model.key import Key, KeyUsage
from keyservice.operations.members import DryRun, GrantTokens, KeyId
from keyservice.operations.operation import Run
from keyservice.operations.principals import is_principal
from keyservice.operations.shapes import Choice, ListOf, Record, Text, TextMap

GRANT_OPERATIONS = (
    *("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"),
    *("Sign", "Verify", "GetPublicKey", "CreateGrant", "RetireGrant", "DescribeKey", "GenerateDataKeyPair"),
    *("GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "DeriveSharedSecret"),
    *("Encapsulate", "Decapsulate"),
)
_MANAGEMENT = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_OF_ALL_THAT_ENCRYPT = frozenset({"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"})
_BY_USAGE: Mapping[KeyUsage, frozenset[str]] = {
    KeyUsage.ENCRYPT_DECRYPT: _OF_ALL_THAT_ENCRYPT,
    KeyUsage.SIGN_VERIFY: frozenset({"Sign", "Verify"}),
    KeyUsage.GENERATE_VERIFY_MAC: frozenset({"GenerateMac", "VerifyMac"}),
    KeyUsage.KEY_AGREEMENT: frozenset({"DeriveSharedSecret"}),
    KeyUsage.ENCAPSULATE_DECAPSULATE: frozenset({"Encapsulate", "Decapsulate"}),
}
_OF_DATA_KEYS = frozenset(
    {
        *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
        *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"),
    }
)
_MOST_PAIRS = 8  # "Each constraint value can include up to 8 encryption context pairs" ("CreateGrant", Constraints)
_MOST_CONTEXT = 384  # "The encryption context value in each constraint cannot exceed 384 characters" (there)

PrincipalId = Annotated[str | None, Text(1, 256, r"^[\w+=,.@:/-]+$")]
ServicePrincipalName = Annotated[str | None, Text(1, 128, r"^([A-Za-z0-9\-]+)\.([A-Za-z0-9\-]+)(\.[A-Za-z0-9\-]+)+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantConstraints:
    """When a grant allows what it allows."""

    encryption_context_subset: Annotated[Mapping[str, str] | None, TextMap()] = None
    encryption_context_equals: Annotated[Mapping[str, str] | None, TextMap()] = None
    source_arn: Annotated[str | None, Text(20, 512, r"^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$")] = None

    @property
    def types(self) -> tuple[str, ...]:
        """How the encryption context is constrained (kms:GrantConstraintType); an empty subset constrains nothing."""
        equals = ("EncryptionContextEquals",) if self.encryption_context_equals is not None else ()
        return (*equals, "EncryptionContextSubset") if self.encryption_context_subset else equals


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGrantInput:
    """The parameters of CreateGrant."""

    key_id: KeyId
    operations: Annotated[tuple[str, ...], ListOf(Choice(GRANT_OPERATIONS), 100)]
    grantee_principal: PrincipalId = None
    retiring_principal: PrincipalId = None
    constraints: Annotated[GrantConstraints, Record(GrantConstraints)] = GrantConstraints()
    grant_tokens: GrantTokens = ()
    name: Annotated[str | None, Text(1, 256, r"^[a-zA-Z0-9:/_-]+$")] = None
    dry_run: DryRun = False
    grantee_service_principal: ServicePrincipalName = None
    retiring_service_principal: ServicePrincipalName = None

    @property
    def encryption_context(self) -> Mapping[str, str]:
        """What the grant's constraint asks for: policies and a parent grant see it as the call's encryption context."""
        equals = self.constraints.encryption_context_equals
        return (self.constraints.encryption_context_subset or {}) if equals is None else equals


def offers_create(given: CreateGrantInput) -> SpelledValues:
    """The condition keys of CreateGrant (KMS Developer Guide, "AWS KMS condition keys")."""
    values: dict[str, str | tuple[str, ...]] = {
        **FOR_NO_AWS_RESOURCE,
        **offered_encryption_context(given.encryption_context),
        "kms:GrantOperations": given.operations,
    }
    single = {
        "kms:GranteePrincipal": given.grantee_principal,
        "kms:RetiringPrincipal": given.retiring_principal,
        "kms:GranteeServicePrincipal": given.grantee_service_principal,
        "kms:RetiringServicePrincipal": given.retiring_service_principal,
        "kms:GrantConstraintSourceArn": given.constraints.source_arn,
    }
    values |= {key: value for key, value in single.items() if value is not None}
    return {**values, "kms:GrantConstraintType": given.constraints.types} if given.constraints.types else values


FOR_NO_AWS_RESOURCE = {"kms:GrantIsForAWSResource": "false"}
"""What a call that no service makes for the caller offers ("kms:GrantIsForAWSResource")."""


def check_create(run: Run, given: CreateGrantInput) -> None:
    """Refuse a grant that AWS would not make.

    Raises:
        ServiceError: ValidationException or InvalidArnException.
    """
    _check_parties(given)
    _check_operations(run.key, given)
    _check_constraints(run.key, given)
    for arn in (given.grantee_principal, given.retiring_principal):
        if arn is not None and not is_principal(run.ports.store, arn):
            raise INVALID_PRINCIPAL(arn=arn)


def _check_parties(given: CreateGrantInput) -> None:
    if (given.grantee_principal is None) == (given.grantee_service_principal is None):
        raise VALIDATION(detail="You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
    if given.retiring_principal is not None and given.retiring_service_principal is not None:
        raise VALIDATION(detail="You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.")
    if given.grantee_service_principal is None:
        return
    if given.constraints.source_arn is None:
        raise VALIDATION(detail="A SourceArn grant constraint is required with GranteeServicePrincipal.")
    if given.retiring_principal is None and given.retiring_service_principal is None:
        detail = "RetiringPrincipal or RetiringServicePrincipal is required with GranteeServicePrincipal."
        raise VALIDATION(detail=detail)


def _check_operations(key: Key, given: CreateGrantInput) -> None:
    if not given.operations:
        raise VALIDATION(detail="Grants must contain at least one operation.")
    if set(given.operations) == {"CreateGrant"}:
        raise VALIDATION(detail="Grants must not contain only the CreateGrant operation.")
    possible = operations_of(key)
    for operation in given.operations:
        if operation not in possible:
            what = f"key usage {key.usage} and key spec {key.spec}"
            raise VALIDATION(detail=f"Grant operation {operation} is not valid for a KMS key with {what}.")


def operations_of(key: Key) -> frozenset[str]:
    """The operations that a grant on the key may have ("Grants in AWS KMS", grant operations)."""
    own = _BY_USAGE[key.usage]
    if KEY_SPECS[key.spec].is_asymmetric:
        own |= {"GetPublicKey"}
    elif key.usage is KeyUsage.ENCRYPT_DECRYPT:
        own |= _OF_DATA_KEYS
    return own | _MANAGEMENT


def _check_constraints(key: Key, given: CreateGrantInput) -> None:
    constraints = given.constraints
    if constraints.encryption_context_equals is not None and not constraints.encryption_context_equals:
        # Unlike AWS, whose page does not say what this means: nobody gets a grant wider than they thought.
        raise VALIDATION(detail="EncryptionContextEquals must have at least one pair.")
    for context in (constraints.encryption_context_equals, constraints.encryption_context_subset):
        if context and len(context) > _MOST_PAIRS:
            raise VALIDATION(detail=f"A grant constraint can include up to {_MOST_PAIRS} encryption context pairs.")
        if context and any(len(value) > _MOST_CONTEXT for value in context.values()):
            detail = f"An encryption context value in a grant constraint cannot exceed {_MOST_CONTEXT} characters."
            raise VALIDATION(detail=detail)
    is_symmetric = operations_of(key) >= _OF_DATA_KEYS
    if constraints.types and not is_symmetric and not set(given.operations) <= _MANAGEMENT:
        detail = "Encryption context grant constraints are not valid for cryptographic operations of asymmetric or HMAC"
        raise VALIDATION(detail=f"{detail} KMS keys.")
