"""GenerateRandom: random bytes, on no key.

Source: KMS API Reference, "GenerateRandom".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.authorize.target import Target
from keyservice.errors import UNSUPPORTED_OPERATION, VALIDATION
from keyservice.operations.custom_keys import check_connected, own_custom_key_store
from keyservice.operations.locate import account_target
from keyservice.operations.members import Recipient
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Number, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRandomInput:
    """The parameters of GenerateRandom. `number_of_bytes` is required, which the SDKs do not know."""

    number_of_bytes: Annotated[int | None, Number(1, 1024)] = None
    custom_key_store_id: Annotated[str | None, Text(1, 64)] = None
    recipient: Recipient = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRandomOutput:
    """What GenerateRandom answers."""

    plaintext: bytes


def generate_random(run: Run, given: GenerateRandomInput) -> GenerateRandomOutput:
    """Give random bytes of the quality that key material has, made in the HSM of a custom key store if one is named."""
    if given.custom_key_store_id is not None:
        store = own_custom_key_store(run, given.custom_key_store_id)
        return GenerateRandomOutput(plaintext=run.ports.hsm.random_of(store, _length(given)))
    return GenerateRandomOutput(plaintext=run.ports.keystore.random(_length(given)))


def _check(run: Run, given: GenerateRandomInput) -> None:
    if given.custom_key_store_id is not None:
        store = own_custom_key_store(run, given.custom_key_store_id)
        if store.proxy is not None:  # "GenerateRandom", CustomKeyStoreId: of an external key store it is not valid
            raise UNSUPPORTED_OPERATION(detail="GenerateRandom is not supported in external key stores.")
        check_connected(store)


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
    check=_check,
    answer=generate_random,
    is_slow=lambda given: given.custom_key_store_id is not None,
)
