"""DecodeAuthorizationMessage: why a call was refused, told to those who may know.

Source: STS API Reference, "DecodeAuthorizationMessage".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.authorize.denial import decode_denial
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeAuthorizationMessageInput:
    """The parameters of DecodeAuthorizationMessage."""

    encoded_message: Annotated[str, Text(1, 10_240)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeAuthorizationMessageOutput:
    """What DecodeAuthorizationMessage answers: JSON."""

    decoded_message: str


def decode_authorization_message(run: Run, given: DecodeAuthorizationMessageInput) -> DecodeAuthorizationMessageOutput:
    """Open the message that came with a refusal to somebody of the caller's account."""
    message = decode_denial(run.ports.domain_key, run.caller.account, given.encoded_message)
    return DecodeAuthorizationMessageOutput(decoded_message=message)


DECODE_AUTHORIZATION_MESSAGE = Operation(
    name="DecodeAuthorizationMessage",
    page="DecodeAuthorizationMessage",
    input=DecodeAuthorizationMessageInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "sts:DecodeAuthorizationMessage"),
    answer=decode_authorization_message,
    redacted=frozenset({"EncodedMessage"}),
    service="sts",
)
