"""GenerateMac and VerifyMac: the work of HMAC keys.

Source: KMS API Reference, the two operations; KMS Developer Guide, "HMAC keys in AWS KMS".
"""

import hmac
from dataclasses import dataclass
from typing import Annotated

from keyservice.authorize.context import SpelledValues
from keyservice.errors import KMS_INVALID_MAC
from keyservice.model.key import KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.encryption import check_algorithm, current_backing_key
from keyservice.operations.locate import key_target
from keyservice.operations.members import DryRun, GrantTokens, KeyId, Message
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Blob, Choice

MacAlgorithm = Annotated[str, Choice(("HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"))]

_HIDDEN = frozenset({"Message", "Mac", "GrantTokens"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateMacInput:
    """The parameters of GenerateMac."""

    message: Message
    key_id: KeyId
    mac_algorithm: MacAlgorithm
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateMacOutput:
    """What GenerateMac answers; the MAC is as long as the hash, never truncated."""

    mac: bytes
    mac_algorithm: str
    key_id: str


def generate_mac(run: Run, given: GenerateMacInput) -> GenerateMacOutput:
    """Make the HMAC of a message of up to 4,096 bytes."""
    return GenerateMacOutput(mac=_mac(run, given), mac_algorithm=given.mac_algorithm, key_id=run.key.arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyMacInput:
    """The parameters of VerifyMac."""

    message: Message
    key_id: KeyId
    mac_algorithm: MacAlgorithm
    mac: Annotated[bytes, Blob(1, 6144)]
    grant_tokens: GrantTokens = ()
    dry_run: DryRun = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyMacOutput:
    """What VerifyMac answers: a MAC that is not valid is an error."""

    key_id: str
    mac_valid: bool
    mac_algorithm: str


def verify_mac(run: Run, given: VerifyMacInput) -> VerifyMacOutput:
    """Verify the HMAC of a message; another one is KMSInvalidMacException."""
    if not hmac.compare_digest(_mac(run, given), given.mac):
        raise KMS_INVALID_MAC()
    return VerifyMacOutput(key_id=run.key.arn, mac_valid=True, mac_algorithm=given.mac_algorithm)


def _mac(run: Run, given: GenerateMacInput | VerifyMacInput) -> bytes:
    backing = current_backing_key(run, run.key)
    return run.ports.keystore.mac(run.key, backing, given.mac_algorithm, given.message)


def _offers(given: GenerateMacInput | VerifyMacInput) -> SpelledValues:
    return {"kms:MacAlgorithm": given.mac_algorithm}


GENERATE_MAC = Operation(
    name="GenerateMac",
    page="GenerateMac",
    input=GenerateMacInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:GenerateMac", given.key_id, by_alias=True),
    check=lambda run, given: check_algorithm(run.key, given.mac_algorithm),
    answer=generate_mac,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.GENERATE_VERIFY_MAC,
    offers=_offers,
    redacted=_HIDDEN,
    cross_account=True,
)

VERIFY_MAC = Operation(
    name="VerifyMac",
    page="VerifyMac",
    input=VerifyMacInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=lambda run, given: key_target(run, "kms:VerifyMac", given.key_id, by_alias=True),
    check=lambda run, given: check_algorithm(run.key, given.mac_algorithm),
    answer=verify_mac,
    states=StateRule.CRYPTOGRAPHIC,
    usage=KeyUsage.GENERATE_VERIFY_MAC,
    offers=_offers,
    redacted=_HIDDEN,
    cross_account=True,
)
