"""A linked service's way to AWS KMS: on behalf of a caller, or for itself.

It needs boto3, and nothing of the service's own modules: it runs where the linked service runs.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.session import Session

from keyservice.linked.request import CallerRequest

_MODELS = Path(__file__).parent / "data"
_S3 = "s3.amazonaws.com"  # whose callers need not sign what they send
_OF_CALLER = "Forwarded request: "


class ForwardingError(Exception):
    """No session was made. `of_caller` says whose fault it is: the caller's, to be told, or the service's own."""

    def __init__(self, code: str, message: str, *, of_caller: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.of_caller = of_caller


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedCaller:
    """Who has called the service: an ARN as GetCallerIdentity tells it, the account, and the unique id."""

    arn: str
    account: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardAccessSession:
    """A caller passed on: for the few minutes until `expiration` (epoch seconds), in the service's Region."""

    service: "LinkedService"
    caller: ForwardedCaller
    called_via: tuple[str, ...]
    expiration: float
    token: str = field(repr=False)

    @property
    def region(self) -> str:
        """The Region in which it is good."""
        return self.service.region

    @property
    def credentials(self) -> Credentials:
        """What signs for the caller: the service's own access key, with the session's token."""
        return self.service.credentials(self.token)

    def client(self, name: str = "kms", *, config: Config | None = None, endpoint: str | None = None) -> BaseClient:
        """A client that calls as the caller, via the service; of another linked service with that one's endpoint."""
        return self.service.made_client(name, token=self.token, config=config, endpoint=endpoint)


class LinkedService:
    """A linked service: its service principal, the key service's endpoint, its Region, and its access key.

    Threads may share one.
    """

    def __init__(self, *, name: str, endpoint: str, region: str, access_key_id: str, secret_access_key: str) -> None:
        self.name = name
        self.endpoint = endpoint
        self.region = region
        self._access_key_id = access_key_id
        self._secret_access_key = secret_access_key
        self._session = _session()
        self._lock = threading.Lock()  # botocore's sessions make clients for one thread at a time
        self._exchange = self.made_client("wardkey")

    def __repr__(self) -> str:
        return f"LinkedService(name={self.name!r}, endpoint={self.endpoint!r}, region={self.region!r})"

    def credentials(self, token: str | None = None) -> Credentials:
        """The service's access key, with a session's token."""
        return Credentials(self._access_key_id, self._secret_access_key, token)

    def on_behalf_of(self, request: CallerRequest) -> ForwardAccessSession:
        """A session for whoever has signed the request, whose signature the key service verifies.

        Raises:
            ForwardingError: the request is not signed, not for this service and Region, or not lately; or the service
                itself is not known.
        """
        try:
            answer = self._exchange.create_forward_access_session(
                Method=request.method,
                Path=request.path,
                Query=request.query,
                Headers=[{"Name": name, "Value": value} for name, value in request.headers],
                PayloadHash=request.payload_hash(is_s3=self.name == _S3),
            )
        except ClientError as error:
            raise _forwarding_error(error.response["Error"]) from None
        if answer["CalledVia"][-1] != self.name:
            message = f"the access key is that of {answer['CalledVia'][-1]}, not of {self.name}"
            raise ForwardingError("InvalidClientTokenId", message, of_caller=False)
        caller = answer["Caller"]
        return ForwardAccessSession(
            service=self,
            caller=ForwardedCaller(arn=caller["Arn"], account=caller["Account"], user_id=caller["UserId"]),
            called_via=tuple(answer["CalledVia"]),
            expiration=answer["Expiration"].timestamp(),
            token=answer["SessionToken"],
        )

    def client(
        self,
        name: str = "kms",
        *,
        source_arn: str | None = None,
        source_account: str | None = None,
        config: Config | None = None,
    ) -> BaseClient:
        """A client that calls as the service principal, perhaps for a resource or an account (aws:SourceArn …)."""
        client = self.made_client(name, config=config)
        given = {"x-amz-source-arn": source_arn, "x-amz-source-account": source_account}
        headers = {header: value for header, value in given.items() if value is not None}

        def add(request: Any, **_: object) -> None:
            for header, value in headers.items():
                request.headers[header] = value

        client.meta.events.register("before-sign.*.*", add)
        return client

    def made_client(
        self, name: str, *, token: str | None = None, config: Config | None = None, endpoint: str | None = None
    ) -> BaseClient:
        """A client of the key service's, or of what answers at another endpoint, signed with the service's key."""
        with self._lock:
            return self._session.create_client(
                name,
                region_name=self.region,
                endpoint_url=endpoint or self.endpoint,
                aws_access_key_id=self._access_key_id,
                aws_secret_access_key=self._secret_access_key,
                aws_session_token=token,
                config=config,
            )


def _session() -> Session:
    session = Session()
    session.get_component("data_loader").search_paths.append(str(_MODELS))
    return session


def _forwarding_error(error: Mapping[str, str]) -> ForwardingError:
    message = error.get("Message", "")
    of_caller = message.startswith(_OF_CALLER)
    return ForwardingError(error.get("Code", ""), message.removeprefix(_OF_CALLER), of_caller=of_caller)
