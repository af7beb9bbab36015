"""What a container finds at its credentials endpoint: the temporary credentials of its task's role.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider"; Amazon ECS Developer Guide, "Amazon ECS
task IAM role" (the answer's members); Amazon EKS User Guide, "Learn how EKS Pod Identity works" (the token).
"""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from keyservice.auth.caller import Session
from keyservice.auth.session_token import RandomBytes
from keyservice.imds.asgi import lifespan, respond
from keyservice.imds.role_credentials import RoleCredentials, iso
from keyservice.model.identity import Role
from keyservice.store.port import Store

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/v1/credentials"
SERVICE_PRINCIPAL = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container: its account, its task's role, and its task, after which the role's session is called."""

    account: str
    role_name: str
    task: str


class ContainerApp:
    """An ASGI application that serves the credentials of one container.

    `token` gives what the Authorization header must hold; `may_assume` says whether a role trusts the containers.
    """

    def __init__(
        self,
        store: Store,
        domain_key: bytes,
        *,
        container: Container,
        token: Callable[[], str],
        may_assume: Callable[[Role], bool],
        clock: Callable[[], float],
        random: RandomBytes,
    ) -> None:
        self._store = store
        self._container = container
        self._token = token
        self._may_assume = may_assume
        self._clock = clock
        self._credentials = RoleCredentials(domain_key, container.task, _session, random=random)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a body is never read, since none is expected."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
        elif scope["type"] == "http":
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            status, members = self.answer(scope["method"], scope["path"], headers)
            await respond(send, status, json.dumps(members), {"content-type": "application/json"})

    def answer(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
        """Status and members of the answer to a request; header names in lower case."""
        if path != PATH:
            return _refusal(404, "NotFound", "There is nothing here")
        if method != "GET":
            return _refusal(405, "MethodNotAllowed", "Credentials are read with GET")
        # A request that a proxy has passed on may come from outside the container.
        if "x-forwarded-for" in headers:
            return _refusal(403, "Forbidden", "Forwarded requests are not answered")
        given = headers.get("authorization", "").encode("latin-1", "replace")
        # In constant time: a comparison that stops early would let the token be guessed.
        if not hmac.compare_digest(given, self._token().encode("latin-1", "replace")):
            return _refusal(401, "Unauthorized", "The authorization token does not match")
        return self._role_credentials(self._clock())

    def _role_credentials(self, now: float) -> tuple[int, Mapping[str, str]]:
        role = self._store.role(self._container.account, self._container.role_name)
        if role is None:
            return _refusal(400, "NoSuchRole", f"There is no role {self._container.role_name}")
        if not self._may_assume(role):
            fault = f"The trust policy of the role {role.name} does not allow {SERVICE_PRINCIPAL}"
            return _refusal(400, "AccessDenied", fault)
        credentials = self._credentials.current(role, now).credentials
        return 200, {
            "RoleArn": role.arn,
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "Token": credentials.session_token,
            "Expiration": iso(credentials.expiration),
        }


def _session(issued: float, expires: float) -> Session:
    return Session(issued=issued, expires=expires)


def _refusal(status: int, code: str, message: str) -> tuple[int, Mapping[str, str]]:
    return status, {"code": code, "message": message}
