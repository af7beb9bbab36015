"""Session tokens: they say what was sealed, and no other text says anything."""

import dataclasses
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyservice.auth.caller import Session
from keyservice.auth.session_token import SessionGrant, assume_role_credentials, issue, open_grant
from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import seal_token
from keyservice.errors import ServiceError
from keyservice.model.identity import Role

KEY = bytes(range(32))
ROLE = Role(account="111122223333", name="WebServer", path="/app/", role_id="AROA" + "A" * 16, trust_policy="{}")
SESSION = Session(issued=1000.0, expires=4600.0)
GRANT = SessionGrant(
    access_key_id="ASIAEXAMPLE",
    secret="s" * 40,
    account="111122223333",
    owner_name="WebServer",
    owner_id="AROAEXAMPLE",
    session_name="i-0abc",
    session=SESSION,
)

sessions = st.builds(
    Session,
    issued=st.floats(0, 2**33),
    expires=st.floats(0, 2**33),
    session_policies=st.lists(st.text(max_size=20), max_size=2).map(tuple),
    tags=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    transitive_tag_keys=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    source_identity=st.none() | st.text(min_size=1, max_size=5),
    mfa_authenticated=st.booleans(),
    instance_id=st.none() | st.just("i-0abc"),
    chained=st.booleans(),
)


@settings(deadline=None)
@given(session=sessions, name=st.text(min_size=2, max_size=64))
def test_opening_undoes_issuing(session, name):
    grant = dataclasses.replace(GRANT, session=session, session_name=name)
    assert grant == open_grant(KEY, issue(KEY, grant, random=os.urandom))


@settings(deadline=None)
@given(position=st.integers(0, 10_000), character=st.characters(min_codepoint=32, max_codepoint=126))
def test_no_character_of_a_token_can_be_changed(position, character):
    token = issue(KEY, GRANT, random=bytes)
    at = position % len(token)
    changed = token[:at] + character + token[at + 1 :]
    if changed != token:
        with pytest.raises(ServiceError):
            open_grant(KEY, changed)


@pytest.mark.parametrize("text", ["", "x", "é" * 50, "A" * 200, "=" * 80])
def test_any_other_text_is_an_unrecognized_client(text):
    with pytest.raises(ServiceError) as caught:
        open_grant(KEY, text)
    assert "UnrecognizedClientException" == caught.value.kind.code
    assert "The security token included in the request is invalid." == caught.value.message


def test_a_token_of_another_purpose_or_key_is_no_session_token():
    other_purpose = seal_token(KEY, Purpose.GRANT_TOKEN, b"{}", salt=bytes(16), iv=bytes(12))
    for token in (other_purpose, issue(bytes(32), GRANT, random=os.urandom)):
        with pytest.raises(ServiceError):
            open_grant(KEY, token)


def test_credentials_of_a_role_session_have_the_forms_of_aws():
    credentials = assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom)
    assert ("ASIA", 20) == (credentials.access_key_id[:4], len(credentials.access_key_id))
    assert 40 == len(credentials.secret_access_key)
    assert 4600.0 == credentials.expiration
    grant = open_grant(KEY, credentials.session_token)
    assert (credentials.access_key_id, credentials.secret_access_key) == (grant.access_key_id, grant.secret)
    assert (ROLE.role_id, "WebServer", "i-0abc") == (grant.owner_id, grant.owner_name, grant.session_name)


def test_secrets_stay_out_of_representations():
    credentials = assume_role_credentials(KEY, ROLE, "i-0abc", SESSION, random=os.urandom)
    for secret in (credentials.secret_access_key, credentials.session_token):
        assert secret not in repr(credentials)
    assert GRANT.secret not in repr(GRANT)
