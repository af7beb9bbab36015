"""CreateForwardAccessSession: a linked service passes its caller on. An operation of our own, which AWS does not show.

The protocol and what may be trusted about it: `auth/forward_access.py`. The client's side: `linked`.
Source: IAM User Guide, "Forward access sessions".
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.auth.caller import CallerKind
from keyservice.auth.forward_access import LONGEST_CHAIN, seal_forward_access
from keyservice.auth.signed_request import SignedRequest
from keyservice.authorize.own_account import FORWARD
from keyservice.authorize.target import Target
from keyservice.errors import ACCESS_DENIED, INVALID_CREDENTIAL_SCOPE, KMS_INTERNAL, VALIDATION, ServiceError
from keyservice.model.linked_service import LinkedService
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.shapes import ListOf, Record, Text

OF_CALLER = "Forwarded request: "
"""How messages begin that tell what is wrong with the caller's request, and not with the service's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHeader:
    """A header of the caller's request, as it came."""

    name: Annotated[str, Text(1, 256, r"[!-~]+")]
    value: Annotated[str, Text(0, 32768, secret=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateForwardAccessSessionInput:
    """The caller's request: its head as it came, percent-encoded where it was, and the hash of its body.

    `payload_hash` is the SHA-256 of the body in hexadecimal; of a request to Amazon S3 whose body is not signed, what
    its x-amz-content-sha256 says instead.
    """

    method: Annotated[str, Text(1, 16, r"[A-Z]+")]
    path: Annotated[str, Text(1, 8192, r"/[!-~]*")]
    query: Annotated[str, Text(0, 16384, r"[!-~]*", secret=True)] = ""
    headers: Annotated[tuple[RequestHeader, ...], ListOf(Record(RequestHeader), 100)]
    payload_hash: Annotated[str, Text(1, 128, r"[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedCaller:
    """Who has called the service, as GetCallerIdentity tells callers of themselves."""

    arn: str
    account: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateForwardAccessSessionOutput:
    """The session's token, when it ends (epoch seconds), whose it is, and the services that were called in turn."""

    session_token: str
    expiration: float
    caller: ForwardedCaller
    called_via: tuple[str, ...]


def create_forward_access_session(run: Run, given: CreateForwardAccessSessionInput) -> CreateForwardAccessSessionOutput:
    """Verify the caller's request, and make a session of it for the service that has received it."""
    service = run.ports.store.identity(LinkedService, run.caller.name or "")
    if service is None:
        raise KMS_INTERNAL()  # it was there when the call was authenticated
    try:
        signed, access = run.ports.authenticator.forward(_signed(given), run.now, service, given.payload_hash)
        if signed.region != run.region:
            detail = f"Credential should be scoped to the service's Region, '{run.region}', not '{signed.region}'. "
            raise INVALID_CREDENTIAL_SCOPE(detail=detail)
    except ServiceError as error:
        raise ServiceError(error.kind, OF_CALLER + error.message, secondary=error.secondary) from None
    if len(access.called_via) > LONGEST_CHAIN:
        raise VALIDATION(detail=f"{OF_CALLER}it came through {LONGEST_CHAIN} services, the most that there may be")
    token = seal_forward_access(run.ports.domain_key, access, signed.region, random=run.ports.random)
    if token is None:
        raise VALIDATION(detail=f"{OF_CALLER}its session token is too long to be passed on")
    caller = signed.caller
    return CreateForwardAccessSessionOutput(
        session_token=token,
        expiration=access.expires,
        caller=ForwardedCaller(arn=caller.arn, account=caller.account, user_id=caller.unique_id),
        called_via=access.called_via,
    )


def _signed(given: CreateForwardAccessSessionInput) -> SignedRequest:
    try:
        headers = [(header.name.lower().encode(), header.value.encode("latin-1")) for header in given.headers]
    except UnicodeEncodeError:
        raise VALIDATION(detail="Header values are bytes, each a character of ISO 8859-1") from None
    return SignedRequest(
        method=given.method, path=given.path.encode(), query=given.query.encode(), headers=headers, body=b""
    )


def _locate(run: Run, _: CreateForwardAccessSessionInput) -> tuple[Target, ...]:
    """The service's own account, whose policy lets the service alone; no policy of a customer's lets anybody."""
    if run.caller.kind is not CallerKind.SERVICE:
        whose = f"User: {run.caller.arn} is not authorized to perform: {FORWARD}"
        raise ACCESS_DENIED(message=f"{whose} because no resource-based policy allows the {FORWARD} action")
    return account_target(run, FORWARD)


CREATE_FORWARD_ACCESS_SESSION = Operation(
    name="CreateForwardAccessSession",
    page="",
    input=CreateForwardAccessSessionInput,
    kind=Kind.READ,
    locate=_locate,
    answer=create_forward_access_session,
    # The head holds the caller's signature and session token, and a presigned query string is a credential.
    redacted=frozenset({"Headers", "Query"}),
    recorded=lambda output: {
        "caller": {"arn": output.caller.arn, "account": output.caller.account, "userId": output.caller.user_id},
        "calledVia": output.called_via,
        "expiration": output.expiration,
    },
    service="wardkey",
)
