"""The one file that knows every layer: settings become ports, ports a service, the service an application."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Response

from keyservice.audit.identity_event import journal
from keyservice.audit.last_use import LastUses
from keyservice.audit.reader import TrailReader
from keyservice.audit.segment import segments
from keyservice.audit.trail import Trail
from keyservice.auth.authenticate import Authenticator
from keyservice.authorize.authorizer import Authorizer
from keyservice.authorize.documents import check_identity_policy
from keyservice.backup import root_commands
from keyservice.backup import served as backup
from keyservice.clock import Clock, SystemClock
from keyservice.crypto import selftest
from keyservice.data_directory import DataDirectory, write_private
from keyservice.identity import served
from keyservice.identity.control import ControlServer, Handler
from keyservice.identity.directory import (
    ADMINISTRATOR,
    Journal,
    NewAccessKey,
    access_key_event,
    create_access_key,
    first_start,
)
from keyservice.ids import FreshIds
from keyservice.jobs import served as served_jobs
from keyservice.jobs.clockwork import Clockwork
from keyservice.keystore.clusters import Clusters
from keyservice.keystore.configured import OpenToken, open_clusters
from keyservice.keystore.domain import SECRET_NAME as DOMAIN_KEY
from keyservice.keystore.domain import unseal
from keyservice.keystore.hsm import HsmKeyStore
from keyservice.keystore.root_of_trust import RootOfTrust
from keyservice.keystore.root_sealing import Ask
from keyservice.keystore.routing import RoutingKeyStore
from keyservice.keystore.xks import XksKeyStore
from keyservice.keystore.xks_proxies import XksProxies
from keyservice.keystore.xks_transport import Transport
from keyservice.metering.request_quotas import RequestQuotas
from keyservice.operations.operation import Ports
from keyservice.service import Service
from keyservice.settings import Settings
from keyservice.store.cache import CachedStore
from keyservice.store.opening import cached, name_store, open_store, store_url
from keyservice.store.port import Store, StoreError
from keyservice.wire.endpoint import Endpoint, Receive, Scope, Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A data directory that this process serves."""

    directory: DataDirectory
    settings: Settings
    store: CachedStore
    trail: Trail
    clock: Clock
    trust: RootOfTrust
    clusters: Clusters
    xks_proxies: XksProxies

    @property
    def domain_key(self) -> bytes:
        """What everything that is sealed in the store is sealed under."""
        return self.trust.domain.key

    def close(self) -> None:
        """Let go of it."""
        self.clusters.close()
        self.xks_proxies.close()
        self.trail.close()
        self.store.close()


def open_directory(
    settings: Settings, clock: Clock | None = None, open_token: OpenToken | None = None, ask: Ask | None = None
) -> Opened:
    """Open the data directory, and make it if there is none: store, root key, account, administrator.

    `ask` gives the passphrase or PIN that the root key may be sealed by.

    Raises:
        StoreError, UnsealError, TrailError, SelfTestFailure, HsmSettingsError: with one line that says why the service
            refuses to start.
    """
    clock = clock or SystemClock()
    selftest.run()
    clusters = open_clusters(settings.hsms, open_token)
    directory = DataDirectory(settings.data)
    directory.create()
    if settings.store is not None:
        name_store(directory, settings.store)
    records = open_store(directory, create=True)
    try:
        _refuse_lost_store(directory, records)
        unsealed = unseal(records, directory.root_key, ask)
        trail = Trail.open(directory.trail)
    except BaseException:
        records.close()
        raise
    store = cached(directory, records)
    opened = Opened(
        directory=directory,
        settings=settings,
        store=store,
        trail=trail,
        clock=clock,
        trust=RootOfTrust(store, directory.root_key, unsealed),
        clusters=Clusters(clusters, unsealed.domain.key),
        xks_proxies=XksProxies(
            unsealed.domain.key,
            Transport(seconds=settings.xks_timeout, allowed=settings.xks_allow),
            settings.xks_proxies,
            clock=clock.now,
        ),
    )
    _administrator(opened)
    return opened


def _refuse_lost_store(directory: DataDirectory, store: Store) -> None:
    """Refuse to begin anew where there has been a service: its store was lost, and nobody would notice."""
    if store.secret(DOMAIN_KEY) is None and segments(directory.trail):
        raise StoreError(
            f"the store of `{directory.path}` is empty, but `{directory.trail.name}` has records of one: restore it"
            " from a backup, or move the trail away to begin anew"
        )


def build(opened: Opened) -> "Application":
    """The application over an open data directory."""
    store, settings = opened.store, opened.settings
    fresh_id = FreshIds(os.urandom)
    domain = opened.trust.domain
    hsm = HsmKeyStore(domain.key, root_id=domain.domain_id, store=store, clusters=opened.clusters)
    xks = XksKeyStore(domain.key, root_id=domain.domain_id, store=store, proxies=opened.xks_proxies)
    authenticator = Authenticator(store, opened.domain_key, settings.regions)
    last_uses = LastUses(TrailReader(opened.directory.trail, store))
    ports = Ports(
        store=store,
        keystore=RoutingKeyStore(domain.key, root_id=domain.domain_id, hsm=hsm, xks=xks),
        hsm=hsm,
        xks=xks,
        authorizer=Authorizer(store, last_uses, settings.home_region),
        authenticator=authenticator,
        domain_key=opened.domain_key,
        random=os.urandom,
        fresh_id=fresh_id,
        home_region=settings.home_region,
        regions=settings.regions,
        last_uses=last_uses,
    )
    quotas = RequestQuotas() if settings.request_quotas == "aws" else None
    service = Service(ports, authenticator, opened.trail, opened.clock, quotas)
    clockwork = Clockwork(ports, opened.clock)
    return Application(Endpoint(service, fresh_id), _health(opened, clockwork), clockwork)


_FACES = frozenset({"/livez", "/readyz"})


class Application:
    """The ASGI application: the small faces beside the API, and the API, which refuses everything that it is not."""

    def __init__(self, endpoint: Endpoint, faces: FastAPI, clockwork: Clockwork) -> None:
        self._endpoint = endpoint
        self._faces = faces
        self.clockwork = clockwork

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request to where it belongs."""
        if scope["type"] == "http" and scope["path"] not in _FACES:
            await self._endpoint(scope, receive, send)
        else:
            await self._faces(scope, receive, send)


def write_client_files(opened: Opened, endpoint: str) -> None:
    """Write the `config` that points clients at the endpoint; the credentials are written when they are made."""
    text = f"[default]\nregion = {opened.settings.home_region}\nendpoint_url = {endpoint}\noutput = json\n"
    write_private(opened.directory.aws_config, text)


def _health(opened: Opened, clockwork: Clockwork) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        handlers = {
            **_identity_handlers(opened),
            **root_commands.handlers(opened.trust),
            backup.COMMAND: backup.handler(opened.store, opened.trust, opened.directory.trail, opened.clock),
            served_jobs.COMMAND: served_jobs.handler(opened.store, clockwork),
        }
        control = ControlServer(opened.directory.control_socket, handlers)
        await control.start()
        task = asyncio.create_task(clockwork.run())
        try:
            yield
        finally:
            clockwork.stop()
            await task
            await control.stop()

    faces = FastAPI(openapi_url=None, lifespan=lifespan, telemetry={"auto_configure": False})

    @faces.get("/livez")
    async def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @faces.get("/readyz")
    async def readyz(response: Response) -> dict[str, object]:
        """The service can answer calls: its store and its trail can be written."""
        checks = {"store": opened.store.healthy, "trail": opened.trail.healthy}
        ready = all(checks.values())
        response.status_code = 200 if ready else 503
        return {"status": "ok" if ready else "not ready", **checks}

    return faces


def _identity_handlers(opened: Opened) -> Mapping[str, Handler]:
    directory = served.Directory(
        store=opened.store,
        domain_key=opened.domain_key,
        clock=opened.clock.now,
        random=os.urandom,
        journal=_journal(opened),
    )
    return served.handlers(directory, check_identity_policy)


def _journal(opened: Opened) -> Journal:
    return journal(clock=opened.clock.now, fresh_id=FreshIds(os.urandom, 1), region=opened.settings.home_region)


def _administrator(opened: Opened) -> None:
    """Make account and administrator on the first start; give another access key if the credentials file is gone."""
    now = opened.clock.now()
    account = opened.settings.account
    recorded = _journal(opened)
    made = first_start(opened.store, opened.domain_key, account, now=now, random=os.urandom, journal=recorded)
    if made is None and not opened.directory.aws_credentials.exists() and store_url(opened.directory) is None:
        made = _another_key(opened, now)  # a node beside others has none of its own
    if made is not None:
        secret = f"aws_secret_access_key = {made.secret_access_key}\n"
        write_private(
            opened.directory.aws_credentials, f"[default]\naws_access_key_id = {made.access_key_id}\n{secret}"
        )


def _another_key(opened: Opened, now: float) -> NewAccessKey | None:
    account = opened.settings.account
    if opened.store.user(account, ADMINISTRATOR) is None:
        return None
    with opened.store.change() as change:
        made = create_access_key(change, opened.domain_key, account, ADMINISTRATOR, now=now, random=os.urandom)
        change.append_trail(_journal(opened)(access_key_event("CreateAccessKey", made)))
    return made
