"""GetSessionToken: temporary credentials of the caller's own, with MFA if a code is shown.

Source: STS API Reference, "GetSessionToken".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.auth.caller import CallerKind, Session
from keyservice.auth.session_token import own_credentials
from keyservice.authorize.target import Target
from keyservice.errors import ACCESS_DENIED
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import NotOffered, Number
from keyservice.operations.sts_mfa import checked_step, use_code
from keyservice.operations.sts_session import (
    HOUR,
    CredentialsRecord,
    NumberAsText,
    SerialNumber,
    TokenCode,
    credentials_record,
    recorded_credentials,
)

_DEFAULT = 43_200  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSessionTokenInput:
    """The parameters of GetSessionToken."""

    duration_seconds: Annotated[int | None, NumberAsText(Number(900, 129_600))] = None
    serial_number: SerialNumber = None
    token_code: TokenCode = None
    minimum_session_token_size: Annotated[None, NotOffered()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSessionTokenOutput:
    """What GetSessionToken answers."""

    credentials: CredentialsRecord


def get_session_token(run: Run, given: GetSessionTokenInput) -> GetSessionTokenOutput:
    """Make temporary credentials of the caller's own."""
    wanted = given.duration_seconds or _DEFAULT
    # "If the duration is longer than one hour, the session for AWS account owners defaults to one hour."
    seconds = min(wanted, HOUR) if run.caller.kind is CallerKind.ROOT else wanted
    session = Session(
        issued=float(int(run.now)),
        expires=float(int(run.now) + seconds),
        mfa_authenticated=use_code(run, given.serial_number, given.token_code),
    )
    made = own_credentials(run.ports.domain_key, run.caller, session, random=run.ports.random)
    return GetSessionTokenOutput(credentials=credentials_record(made))


def _locate(run: Run, given: GetSessionTokenInput) -> tuple[Target, ...]:
    if run.caller.kind not in (CallerKind.USER, CallerKind.ROOT):
        raise ACCESS_DENIED(message="Cannot call GetSessionToken with session credentials")
    checked_step(run, given.serial_number, given.token_code)
    return account_target(run, "sts:GetSessionToken")


GET_SESSION_TOKEN = Operation(
    name="GetSessionToken",
    page="GetSessionToken",
    input=GetSessionTokenInput,
    kind=Kind.READ,
    locate=_locate,
    answer=get_session_token,
    is_slow=lambda given: given.serial_number is not None,  # the code is used up
    recorded=lambda output: {"credentials": recorded_credentials(output.credentials)},
    service="sts",
)
