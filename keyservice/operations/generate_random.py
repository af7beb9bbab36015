"""GenerateRandom: random bytes, on no key.

Source: KMS API Reference, "GenerateRandom".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.authorize.target import Target
from keyservice.errors import UNSUPPORTED_OPERATION, VALIDATION
from keyservice.operations.locate import account_target
from keyservice.operations.members import Recipient
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import NotOffered, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRandomInput:
    """The parameters of GenerateRandom. `number_of_bytes` is required, which the SDKs do not know."""

    number_of_bytes: Annotated[int | None, Number(1, 1024)] = None
    custom_key_store_id: Annotated[None, NotOffered(UNSUPPORTED_OPERATION)] = None
    recipient: Recipient = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRandomOutput:
    """What GenerateRandom answers."""

    plaintext: bytes


def generate_random(run: Run, given: GenerateRandomInput) -> GenerateRandomOutput:
    """Give random bytes of the quality that key material has."""
    return GenerateRandomOutput(plaintext=run.ports.keystore.random(_length(given)))


def _length(given: GenerateRandomInput) -> int:
    if given.number_of_bytes is None:
        raise VALIDATION(detail="NumberOfBytes is required.")
    return given.number_of_bytes


def _locate(run: Run, given: GenerateRandomInput) -> tuple[Target, ...]:
    _length(given)
    return account_target(run, "kms:GenerateRandom")


GENERATE_RANDOM = Operation(
    name="GenerateRandom",
    page="GenerateRandom",
    input=GenerateRandomInput,
    kind=Kind.CRYPTOGRAPHIC,
    locate=_locate,
    answer=generate_random,
)
