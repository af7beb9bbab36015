"""An unmodified SDK finds its credentials here: botocore against a real server."""

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime

import botocore.session
import pytest
import uvicorn
from botocore.credentials import InstanceMetadataProvider, RefreshableCredentials
from botocore.utils import IMDSRegionProvider, InstanceMetadataFetcher

from keyservice.auth.authenticate import Authenticator
from keyservice.auth.session_token import open_grant
from keyservice.clock import SettableClock, SystemClock
from tests.keyservice.auth.signing import sign
from tests.keyservice.imds.test_imds_app import ACCOUNT, KEY, app_of, store  # noqa: F401 - the store is a fixture


@contextlib.contextmanager
def running(app):
    """The application under uvicorn on a free port of the loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def endpoint(store):  # noqa: F811 - the imported fixture
    with running(app_of(store, SystemClock())) as url:
        yield url


def test_botocores_provider_loads_and_the_service_recognises_them(endpoint, store):  # noqa: F811 - the imported fixture
    fetcher = InstanceMetadataFetcher(timeout=5, num_attempts=1, base_url=endpoint)
    credentials = InstanceMetadataProvider(iam_role_fetcher=fetcher).load()
    frozen = credentials.get_frozen_credentials()
    assert "i-0abc" == open_grant(KEY, frozen.token).session_name
    now = time.time()
    request = sign(access_key_id=frozen.access_key, secret=frozen.secret_key, token=frozen.token, moment=now)
    caller = Authenticator(store, KEY, ["us-east-1"]).authenticate(request, now, "kms").caller
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/WebServer/i-0abc" == caller.arn


def test_a_session_without_configuration_finds_the_role(endpoint, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
    credentials = botocore.session.get_session().get_credentials()
    assert "iam-role" == credentials.method
    assert "ASIA" == credentials.access_key[:4]


def test_the_region_is_found_as_well(endpoint, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)
    assert "eu-central-1" == IMDSRegionProvider(botocore.session.get_session()).provide()


def test_a_role_that_does_not_trust_ec2_leaves_the_sdk_without_credentials(store):  # noqa: F811 - the imported fixture
    with running(app_of(store, SystemClock(), may_assume=lambda role: False)) as url:
        fetcher = InstanceMetadataFetcher(timeout=5, num_attempts=1, base_url=url)
        assert InstanceMetadataProvider(iam_role_fetcher=fetcher).load() is None


def test_a_running_client_renews_before_the_end(store, monkeypatch):  # noqa: F811 - the imported fixture
    clock = SettableClock(1_800_000_000.0)

    def seconds_remaining(credentials):
        return (credentials._expiry_time - datetime.fromtimestamp(clock.now(), UTC)).total_seconds()

    monkeypatch.setattr(RefreshableCredentials, "_seconds_remaining", seconds_remaining)
    with running(app_of(store, clock)) as url:
        fetcher = InstanceMetadataFetcher(timeout=5, num_attempts=1, base_url=url)
        credentials = InstanceMetadataProvider(iam_role_fetcher=fetcher).load()
        first = credentials.get_frozen_credentials()
        clock.advance(5 * 3600)
        assert first == credentials.get_frozen_credentials()
        clock.advance(50 * 60)
        second = credentials.get_frozen_credentials()
    assert first.access_key != second.access_key
    assert open_grant(KEY, second.token).session.expires > clock.now() + 5 * 3600
