"""A real key service for the tests: in this process on a loopback port, or called as an ASGI application."""

import asyncio
import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import boto3
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from keyservice.app import Opened, build, open_directory, write_client_files
from keyservice.audit.reader import TrailReader
from keyservice.authorize.documents import check_identity_policy
from keyservice.cli.serve import endpoint_of, listen, server
from keyservice.clock import SettableClock
from keyservice.identity.document import read_document
from keyservice.identity.file import read_identities
from keyservice.identity.plan import apply
from keyservice.identity.reading import PolicyReading
from keyservice.settings import Settings
from tests import web_identity
from tests.memory_token import HSMS, MemoryToken

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "us-east-1"
OTHER_REGION = "us-west-2"
REGIONS = (REGION, OTHER_REGION, "ap-southeast-2")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
ALLOW_KMS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
TRUST_ALICE = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}, "Action": "sts:*"},
}
USERS = {
    # Everything, by identity-based policy alone.
    "admin": [ALLOW_ALL],
    # Nothing but what a key policy gives.
    "alice": [],
    "bob": [],
    "nobody": [],
}
ROLES = {
    "App": {"trust_policy": TRUST_ALICE, "policies": [ALLOW_KMS], "tags": {"Team": "blue"}},
    "Web": {"trust_policy": web_identity.trust(ACCOUNT), "policies": [ALLOW_KMS]},
}
# Linked services: two of AWS's, and one's own.
SERVICES = ("ec2", "s3", "vault")


def secret_of(name):
    return f"{name}/SECRET/EXAMPLE/ACCESS/KEY".ljust(40, "x")


def access_key_id_of(name):
    return f"AKIA{name.upper()}".ljust(20, "X")


def identities():
    """An identities document: users and linked services with an access key each, roles, another account."""
    users = [{"name": name, "policies": policies} for name, policies in USERS.items()]
    roles = [{"name": name, **role} for name, role in ROLES.items()]
    other = [{"name": "foreign", "policies": [ALLOW_ALL]}, {"name": "stranger"}]
    return {
        "accounts": [
            {
                "id": ACCOUNT,
                "users": users,
                "roles": roles,
                "oidc_providers": [web_identity.provider()],
                "access_keys": [_access_key(name) for name in USERS],
            },
            {"id": OTHER_ACCOUNT, "users": other, "access_keys": [_access_key("foreign"), _access_key("stranger")]},
        ],
        "services": [{"name": f"{name}.amazonaws.com", "access_keys": [_given_key(name)]} for name in SERVICES],
    }


def _access_key(user):
    return {"user": user, **_given_key(user)}


def _given_key(name):
    return {"access_key_id": access_key_id_of(name), "secret": secret_of(name)}


def apply_identities(opened, document):
    """What `keyservice identity apply` does."""

    def no_file(name, _):
        raise ValueError(name)

    wanted = read_identities(
        read_document(json.dumps(document), is_json=True), PolicyReading(file=no_file, check=check_identity_policy)
    )
    apply(
        opened.store,
        opened.domain_key,
        wanted,
        now=opened.clock.now(),
        random=os.urandom,
        journal=None,
    )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body) if self.body else None

    @property
    def type(self):
        """AWS's error type, None of a success."""
        return self.json.get("__type") if self.json else None

    @property
    def message(self):
        return self.json.get("message", self.json.get("Message"))

    @property
    def request_id(self):
        return self.headers["x-amzn-requestid"]


@dataclass(kw_only=True)
class Service:
    """An open data directory with identities, called as an ASGI application, signed by whom the test says."""

    opened: Opened
    app: object
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    trail: TrailReader = None

    def __post_init__(self):
        self.trail = TrailReader(self.opened.directory.trail, self.opened.store)

    def run_due(self):
        """Do the jobs that are due now."""
        return self.app.clockwork.run_due()

    def close(self):
        self.loop.close()
        self.opened.close()

    def call(self, operation, members=None, *, user="admin", **how):
        """An operation of KMS, with members as JSON."""
        body = json.dumps({} if members is None else members).encode()
        return self.post(body, {"X-Amz-Target": f"TrentService.{operation}"}, user=user, **how)

    def sts(self, form, *, user="admin", service="sts", **how):
        """An operation of STS, or of IAM, with a form's text."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return self.post(form.encode(), headers, user=user, service=service, **how)

    def analyzer(self, path, members, *, user="admin", **how):
        """An operation of IAM Access Analyzer, with members as JSON."""
        headers = {"Content-Type": "application/json"}
        return self.post(json.dumps(members).encode(), headers, user=user, service="access-analyzer", path=path, **how)

    def post(
        self,
        body,
        headers=None,
        *,
        user="admin",
        credentials=None,
        service="kms",
        region=REGION,
        method="POST",
        path="/",
    ):
        """A signed request; nobody signs for the user None."""
        signed = {"Host": "127.0.0.1:8480", "Content-Type": "application/x-amz-json-1.1", **(headers or {})}
        if user is not None:
            key = credentials or Credentials(access_key_id_of(user), secret_of(user))
            request = AWSRequest(method=method, url=f"http://127.0.0.1:8480{path}", headers=signed, data=body)
            botocore.auth.SigV4Auth(key, service, region).add_auth(request)
            signed = dict(request.headers.items())
        return self.send(body, signed, method=method, path=path)

    def send(self, body, headers, *, method="POST", path="/"):
        """A request as it is."""
        return self.loop.run_until_complete(self.sent(body, headers, method=method, path=path))

    async def sent(self, body, headers, *, method="POST", path="/"):
        raw = [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
        place, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": place,
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "headers": raw,
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(
            status=sent[0]["status"], headers=names, body=b"".join(part.get("body", b"") for part in sent[1:])
        )

    def entries(self):
        """The trail's entries since the last time."""
        return list(self.trail.entries())

    def make_key(self, policy=None, **members):
        given = {"Policy": json.dumps(policy)} if policy else {}
        return self.call("CreateKey", {**given, **members}).json["KeyMetadata"]


def shared_clock(monkeypatch):
    """A clock that the service and those who sign share, set to now; it stands still until it is moved."""
    settable = SettableClock(float(int(time.time())))
    monkeypatch.setattr(
        botocore.auth,
        "get_current_datetime",
        lambda remove_tzinfo=True: datetime.fromtimestamp(settable.now(), UTC).replace(tzinfo=None),
    )
    return settable


def open_service(path: Path, clock=None, **settings):
    """A service on a data directory that is made if it is missing, with an HSM of memory alone."""
    opened = open_directory(Settings(data=path, regions=REGIONS, hsms=HSMS, **settings), clock, open_token=MemoryToken)
    apply_identities(opened, identities())
    return Service(opened=opened, app=build(opened))


@dataclass(kw_only=True)
class Served:
    """A service on a loopback port, and boto3 clients of its users."""

    opened: Opened
    endpoint: str
    clients: dict = field(default_factory=dict)

    def client(self, user="admin", service="kms", *, session=None, region=REGION):
        """boto3's client of a user, or of the temporary credentials that AssumeRole answered."""
        if session is not None:
            return self._made(user, service, session, region)
        if (user, service, region) not in self.clients:
            self.clients[user, service, region] = self._made(user, service, None, region)
        return self.clients[user, service, region]

    def _made(self, user, service, session, region):
        given = session or {"AccessKeyId": access_key_id_of(user), "SecretAccessKey": secret_of(user)}
        return boto3.session.Session().client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            config=Config(retries={"max_attempts": 0}),
        )

    def events(self):
        """The whole trail's events."""
        return [entry["event"] for entry in TrailReader(self.opened.directory.trail, self.opened.store).entries()]


@contextmanager
def serving(path: Path, clock=None, hsms=(), store=None, **settings):
    """A served data directory, perhaps with HSMs, perhaps as a node on a database."""
    known = Settings(data=path, port=0, regions=REGIONS, hsms=hsms, store=store, **settings)
    opened = open_directory(known, clock)
    apply_identities(opened, identities())
    listener = listen("127.0.0.1", 0)
    endpoint = endpoint_of(listener, "127.0.0.1")
    write_client_files(opened, endpoint)
    running = server(opened)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not running.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield Served(opened=opened, endpoint=endpoint)
    finally:
        running.should_exit = True
        thread.join()
        opened.close()
        listener.close()
