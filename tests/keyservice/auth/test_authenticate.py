"""From a signed request to a Caller, over a real store."""

import dataclasses
import os

import pytest

from keyservice.auth.authenticate import Authenticator
from keyservice.auth.caller import CallerKind, Session
from keyservice.auth.session_token import assume_role_credentials
from keyservice.errors import ServiceError
from keyservice.identity.directory import create_access_key, first_start
from keyservice.model.identity import Account, Role
from keyservice.store.sqlite import SqliteStore
from tests.keyservice.auth.signing import MOMENT, sign

KEY = bytes(range(32))
ACCOUNT = "111122223333"
ROLE = Role(account=ACCOUNT, name="WebServer", path="/app/", role_id="AROA" + "A" * 16, trust_policy="{}")
SESSION = Session(issued=MOMENT - 60, expires=MOMENT + 3600, instance_id="i-0abc")


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "store.db", create=True)
    with opened.change() as change:
        change.put_role(ROLE)
    yield opened
    opened.close()


@pytest.fixture
def administrator(store):
    return first_start(store, KEY, ACCOUNT, now=MOMENT, random=os.urandom)


@pytest.fixture
def authenticator(store):
    return Authenticator(store, KEY, ["us-east-1"])


def signed_by(key, **how):
    return sign(access_key_id=key.access_key_id, secret=key.secret_access_key, **how)


def signed_in(session, **how):
    return signed_by(session, token=session.session_token, **how)


def fault_of(authenticator, request, now=MOMENT, service="kms"):
    with pytest.raises(ServiceError) as caught:
        authenticator.authenticate(request, now, service)
    return caught.value.kind.code


def test_a_user_is_recognised(authenticator, administrator):
    caller = authenticator.authenticate(signed_by(administrator), MOMENT, "kms").caller
    assert (CallerKind.USER, f"arn:aws:iam::{ACCOUNT}:user/administrator") == (caller.kind, caller.arn)
    assert ("AIDA", "administrator", None) == (caller.unique_id[:4], caller.name, caller.session)


def test_each_service_wants_its_own_signature(authenticator, administrator):
    request = signed_by(administrator, service="sts")
    assert "administrator" == authenticator.authenticate(request, MOMENT, "sts").caller.name
    assert "InvalidSignatureException" == fault_of(authenticator, request, service="kms")


def test_the_root_user_is_recognised(authenticator, store):
    with store.change() as change:
        change.put_account(Account(id=ACCOUNT))
        key = create_access_key(change, KEY, ACCOUNT, None, now=MOMENT, random=os.urandom)
    caller = authenticator.authenticate(signed_by(key), MOMENT, "kms").caller
    assert (CallerKind.ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT) == (caller.kind, caller.arn, caller.unique_id)


def test_a_role_session_is_recognised(authenticator):
    credentials = assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom)
    caller = authenticator.authenticate(signed_in(credentials), MOMENT, "kms").caller
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/WebServer/i-0abc" == caller.arn
    assert f"arn:aws:iam::{ACCOUNT}:role/app/WebServer" == caller.issuer_arn
    assert f"{ROLE.role_id}:i-0abc" == caller.unique_id
    assert SESSION == caller.session


def test_an_access_key_nobody_has_is_an_unrecognized_client(authenticator):
    assert "UnrecognizedClientException" == fault_of(authenticator, sign())
    assert "UnrecognizedClientException" == fault_of(authenticator, sign(secret="0" * 40))


def test_a_late_request_is_late_whoever_signed_it(authenticator):
    assert "InvalidSignatureException" == fault_of(authenticator, sign(), now=MOMENT + 301)


def test_a_wrong_secret_is_an_invalid_signature(authenticator, administrator):
    request = sign(access_key_id=administrator.access_key_id, secret="x" * 40)
    assert "InvalidSignatureException" == fault_of(authenticator, request)


def test_an_access_key_made_inactive_is_refused_at_once(authenticator, administrator, store):
    request = signed_by(administrator)
    authenticator.authenticate(request, MOMENT, "kms")
    with store.change() as change:
        access_key = store.access_key(administrator.access_key_id)
        change.put_access_key(dataclasses.replace(access_key, active=False))
    assert "UnrecognizedClientException" == fault_of(authenticator, request)


def test_a_secret_replaced_is_refused_at_once(authenticator, administrator, store):
    request = signed_by(administrator)
    authenticator.authenticate(request, MOMENT, "kms")
    with store.change() as change:
        create_access_key(
            change,
            KEY,
            ACCOUNT,
            "administrator",
            now=MOMENT,
            random=os.urandom,
            access_key_id=administrator.access_key_id,
        )
    assert "InvalidSignatureException" == fault_of(authenticator, request)


def test_a_session_without_its_token_or_with_another_is_refused(authenticator):
    mine, other = (assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom) for _ in range(2))
    assert "UnrecognizedClientException" == fault_of(authenticator, signed_by(mine))
    assert "UnrecognizedClientException" == fault_of(authenticator, signed_by(mine, token=other.session_token))
    assert "UnrecognizedClientException" == fault_of(authenticator, signed_by(mine, token="nonsense"))


def test_a_long_term_key_with_a_token_is_refused(authenticator, administrator):
    credentials = assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom)
    request = signed_by(administrator, token=credentials.session_token)
    assert "UnrecognizedClientException" == fault_of(authenticator, request)


def test_a_session_expires_even_when_it_is_remembered(authenticator):
    credentials = assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom)
    authenticator.authenticate(signed_in(credentials), MOMENT, "kms")
    later = SESSION.expires
    assert "ExpiredTokenException" == fault_of(authenticator, signed_in(credentials, moment=later), now=later)


def test_the_sessions_of_a_recreated_role_end(authenticator, store):
    credentials = assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom)
    authenticator.authenticate(signed_in(credentials), MOMENT, "kms")
    with store.change() as change:
        change.put_role(dataclasses.replace(ROLE, role_id="AROA" + "B" * 16))
    assert "UnrecognizedClientException" == fault_of(authenticator, signed_in(credentials))


def test_a_damaged_secret_is_our_own_fault(authenticator, administrator, store):
    with store.change() as change:
        access_key = store.access_key(administrator.access_key_id)
        change.put_access_key(dataclasses.replace(access_key, sealed_secret=access_key.sealed_secret[:-1] + b"x"))
    assert "KMSInternalException" == fault_of(authenticator, signed_by(administrator))
