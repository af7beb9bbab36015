"""Instance metadata over HTTP: version 2 alone, and what it tells."""

import dataclasses
import json
import os

import pytest

from keyservice.auth.session_token import open_grant
from keyservice.clock import SettableClock
from keyservice.imds.app import MAX_TOKENS, ImdsApp
from keyservice.imds.metadata import InstanceMetadata
from keyservice.model.identity import Instance, InstanceProfile, Role
from keyservice.store.sqlite import SqliteStore

KEY = bytes(range(32))
ACCOUNT = "111122223333"
ROLE = Role(account=ACCOUNT, name="WebServer", path="/app/", role_id="AROA" + "A" * 16, trust_policy="{}")
TOKEN = "/latest/api/token"
TTL = "x-aws-ec2-metadata-token-ttl-seconds"
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "store.db", create=True)
    with opened.change() as change:
        change.put_role(ROLE)
        change.put_instance_profile(InstanceProfile(account=ACCOUNT, name="web", role="WebServer"))
        change.put_instance(Instance(account=ACCOUNT, id="i-0abc", instance_profile="web"))
        change.put_instance(Instance(account=ACCOUNT, id="i-0bare", instance_profile="none"))
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return SettableClock(1_800_000_000.0)


@pytest.fixture
def app(store, clock):
    return app_of(store, clock)


def app_of(store, clock, instance="i-0abc", may_assume=lambda role: True):
    metadata = InstanceMetadata(store, KEY, instance, region="eu-central-1", may_assume=may_assume, random=os.urandom)
    return ImdsApp(metadata, clock=clock.now, random=os.urandom)


def token_of(app, ttl="21600"):
    status, text, headers = app.answer("PUT", TOKEN, {TTL: ttl})
    assert (200, {TTL: ttl}) == (status, headers)
    return text


def get(app, path):
    status, text, _ = app.answer("GET", path, {"x-aws-ec2-metadata-token": token_of(app)})
    return text if status == 200 else status


def credentials(app):
    return json.loads(get(app, CREDENTIALS + "WebServer"))


@pytest.mark.parametrize("ttl", [None, "", "0", "21601", "-1", "ten", "1.5", "²", "100000"])
def test_a_token_lives_from_one_second_to_six_hours(app, ttl):
    assert 400 == app.answer("PUT", TOKEN, {} if ttl is None else {TTL: ttl})[0]


def test_a_forwarded_request_gets_no_token(app):
    assert 403 == app.answer("PUT", TOKEN, {TTL: "60", "x-forwarded-for": "10.0.0.1"})[0]


@pytest.mark.parametrize("headers", [{}, {"x-aws-ec2-metadata-token": ""}, {"x-aws-ec2-metadata-token": "guessed"}])
def test_nothing_is_told_without_a_token(app, headers):
    for path in ("/latest/meta-data/", CREDENTIALS + "WebServer", "/nothing", "/"):
        assert 401 == app.answer("GET", path, headers)[0]


def test_a_token_expires(app, clock):
    headers = {"x-aws-ec2-metadata-token": token_of(app, "60")}
    clock.advance(59)
    assert 200 == app.answer("GET", "/latest/meta-data/", headers)[0]
    clock.advance(1)
    assert 401 == app.answer("GET", "/latest/meta-data/", headers)[0]


def test_the_number_of_tokens_is_bounded(app):
    for _ in range(MAX_TOKENS + 10):
        last = token_of(app)
    assert MAX_TOKENS == len(app._tokens)
    assert 200 == app.answer("GET", "/latest/meta-data/", {"x-aws-ec2-metadata-token": last})[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/latest/", "dynamic/\nmeta-data/"),
        ("/latest", "dynamic/\nmeta-data/"),
        ("/latest/meta-data/", "iam/\ninstance-id\nplacement/\nservices/"),
        ("/latest/meta-data/placement/", "availability-zone\nregion"),
        ("/latest/meta-data/placement/region", "eu-central-1"),
        ("/latest/meta-data/placement/availability-zone", "eu-central-1a"),
        ("/latest/meta-data/instance-id", "i-0abc"),
        (CREDENTIALS, "WebServer"),
        ("/latest/meta-data/nothing", 404),
        ("/latest/meta-data/instance-id/", "i-0abc"),
        (CREDENTIALS + "Other", 404),
        ("/2000-01-01/meta-data/", 404),
        ("/", 404),
    ],
)
def test_each_path_has_its_text(app, path, text):
    assert text == get(app, path)


def test_the_identity_document_names_account_region_and_instance(app):
    document = json.loads(get(app, "/latest/dynamic/instance-identity/document"))
    assert (ACCOUNT, "eu-central-1", "i-0abc") == (document["accountId"], document["region"], document["instanceId"])


@pytest.mark.parametrize(("method", "path"), [("GET", TOKEN), ("POST", TOKEN), ("PUT", CREDENTIALS), ("DELETE", "/x")])
def test_other_methods_are_refused(app, method, path):
    assert 405 == app.answer(method, path, {TTL: "60"})[0]


def test_the_credentials_are_a_session_of_the_role_named_after_the_instance(app, clock):
    told = credentials(app)
    assert ("Success", "AWS-HMAC") == (told["Code"], told["Type"])
    grant = open_grant(KEY, told["Token"])
    assert ("WebServer", ROLE.role_id, "i-0abc") == (grant.owner_name, grant.owner_id, grant.session_name)
    assert ("i-0abc", clock.moment + 6 * 3600) == (grant.session.instance_id, grant.session.expires)
    assert (grant.access_key_id, grant.secret) == (told["AccessKeyId"], told["SecretAccessKey"])
    assert ("2027-01-15T08:00:00Z", "2027-01-15T14:00:00Z") == (told["LastUpdated"], told["Expiration"])


def test_credentials_stay_until_it_is_time_and_are_new_well_before_the_end(app, clock):
    first = credentials(app)
    clock.advance(4.9 * 3600)
    assert first == credentials(app)
    clock.advance(0.2 * 3600)
    assert first["AccessKeyId"] != credentials(app)["AccessKeyId"]


def test_a_recreated_role_gets_new_credentials_at_once(app, store):
    first = credentials(app)
    with store.change() as change:
        change.put_role(dataclasses.replace(ROLE, role_id="AROA" + "B" * 16))
    assert "AROA" + "B" * 16 == open_grant(KEY, credentials(app)["Token"]).owner_id
    assert first != credentials(app)


def test_a_role_that_does_not_trust_ec2_gives_no_credentials(store, clock):
    told = credentials(app_of(store, clock, may_assume=lambda role: False))
    assert "AssumeRoleUnauthorizedAccess" == told["Code"]
    assert "Token" not in told


def test_trust_withdrawn_ends_the_giving_out_at_once(store, clock):
    trusting = {"WebServer"}
    app = app_of(store, clock, may_assume=lambda role: role.name in trusting)
    assert "Success" == credentials(app)["Code"]
    trusting.clear()
    assert "AssumeRoleUnauthorizedAccess" == credentials(app)["Code"]


def test_an_instance_without_a_role_has_no_credentials(store, clock):
    app = app_of(store, clock, instance="i-0bare")
    assert 404 == get(app, CREDENTIALS)
    assert "i-0bare" == get(app, "/latest/meta-data/instance-id")
