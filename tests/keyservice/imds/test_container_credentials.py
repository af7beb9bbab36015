"""The container credentials endpoint, by itself and as botocore finds it, over hours of a clock that is set."""

import json
import os
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.credentials import RefreshableCredentials

from keyservice.auth.session_token import open_grant
from keyservice.clock import SettableClock
from keyservice.imds.container import PATH, Container, ContainerApp
from tests.keyservice.imds.test_imds_app import ACCOUNT, KEY, ROLE, store  # noqa: F401 - the store is a fixture
from tests.keyservice.imds.test_imds_with_boto3 import running

TOKEN = "a-token-of-the-container"


@pytest.fixture
def clock(monkeypatch):
    """A clock that the endpoint and botocore share."""
    settable = SettableClock(1_800_000_000.0)

    def seconds_remaining(credentials):
        return (credentials._expiry_time - datetime.fromtimestamp(settable.now(), UTC)).total_seconds()

    monkeypatch.setattr(RefreshableCredentials, "_seconds_remaining", seconds_remaining)
    return settable


def app_of(store, clock, role="WebServer", may_assume=lambda role: True):  # noqa: F811 - the imported fixture's value
    return ContainerApp(
        store,
        KEY,
        container=Container(account=ACCOUNT, role_name=role, task="task-1"),
        token=lambda: TOKEN,
        may_assume=may_assume,
        clock=clock.now,
        random=os.urandom,
    )


def test_credentials_are_the_roles_session(store, clock):  # noqa: F811 - likewise
    status, members = app_of(store, clock).answer("GET", PATH, {"authorization": TOKEN})
    grant = open_grant(KEY, members["Token"])
    assert (200, ROLE.arn, "2027-01-15T14:00:00Z") == (status, members["RoleArn"], members["Expiration"])
    assert ("WebServer", ROLE.role_id, "task-1") == (grant.owner_name, grant.owner_id, grant.session_name)
    assert (members["AccessKeyId"], members["SecretAccessKey"]) == (grant.access_key_id, grant.secret)


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (401, "GET", PATH, {}),
        (401, "GET", PATH, {"authorization": "other"}),
        (401, "GET", PATH, {"authorization": "ü"}),
        (403, "GET", PATH, {"authorization": TOKEN, "x-forwarded-for": "10.0.0.1"}),
        (404, "GET", "/", {"authorization": TOKEN}),
        (405, "POST", PATH, {"authorization": TOKEN}),
    ],
)
def test_nobody_else_gets_any(store, clock, status, method, path, headers):  # noqa: F811 - likewise
    found, members = app_of(store, clock).answer(method, path, headers)
    assert (status, {"code", "message"}) == (found, set(members))
    assert TOKEN not in json.dumps(members)


def test_a_role_that_is_not_there_or_does_not_trust_containers_gives_none(store, clock):  # noqa: F811 - likewise
    for app in (app_of(store, clock, role="None"), app_of(store, clock, may_assume=lambda role: False)):
        assert 400 == app.answer("GET", PATH, {"authorization": TOKEN})[0]


def test_botocore_with_this_alone_has_credentials_and_renews_them(store, clock, monkeypatch, tmp_path):  # noqa: F811 - likewise
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "token"
    file.write_text(TOKEN)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(file))
    with running(app_of(store, clock)) as url:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url + PATH)
        credentials = botocore.session.get_session().get_credentials()
        first = credentials.get_frozen_credentials()
        assert "container-role" == credentials.method
        clock.advance(5 * 3600)
        assert first == credentials.get_frozen_credentials()
        clock.advance(50 * 60)  # ten minutes before the end: botocore asks again, and the endpoint has others
        second = credentials.get_frozen_credentials()
        assert first.access_key != second.access_key
        assert open_grant(KEY, second.token).session.expires > clock.now() + 5 * 3600
