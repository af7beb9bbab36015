"""Laws of what the service hands out sealed: no flipped bit of a marker, a grant token or a session token is accepted.

Each is text of the alphabet of URLs; a bit is flipped in the text as clients hold it, and in what the text encodes.
"""

import base64
import xml.etree.ElementTree as ET

import pytest
from botocore.credentials import Credentials
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.keyservice.operations.cases import GRANTEE, POLICY, encoded, form_of, prepared
from tests.live import open_service

BITS = st.integers(0, 1 << 14)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    opened = open_service(tmp_path_factory.mktemp("tokens") / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def keys(service):
    return [service.make_key(POLICY)["KeyId"] for _ in range(3)]


@pytest.fixture(scope="module")
def marker(service, keys):
    return service.call("ListKeys", {"Limit": 1}).json["NextMarker"]


@pytest.fixture(scope="module")
def grant_token(service, keys):
    given = {"KeyId": keys[0], "GranteePrincipal": GRANTEE, "Operations": ["Encrypt"]}
    return service.call("CreateGrant", given).json["GrantToken"]


@pytest.fixture(scope="module")
def session(service):
    answer = service.sts(form_of("AssumeRole", prepared(service, "AssumeRole")[1]), user="alice")
    found = ET.fromstring(answer.body).find(".//{*}Credentials")
    return {name: found.find(f"{{*}}{name}").text for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


def variants(text, bit):
    """The text with a bit flipped, and the text of its bytes with a bit flipped."""
    yield flipped(text.encode(), bit).decode("latin-1")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    yield base64.urlsafe_b64encode(flipped(data, bit)).decode().rstrip("=")


@settings(max_examples=60)
@given(BITS)
def test_no_bit_of_a_marker_can_be_flipped(service, marker, bit):
    for changed in variants(marker, bit):
        answer = service.call("ListKeys", {"Limit": 1, "Marker": changed})
        assert (400, True) == (answer.status, answer.type in {"InvalidMarkerException", "ValidationException"})


@settings(max_examples=60)
@given(BITS)
def test_no_bit_of_a_grant_token_can_be_flipped(service, keys, grant_token, bit):
    for changed in variants(grant_token, bit):
        given = {"KeyId": keys[0], "Plaintext": encoded(b"x"), "GrantTokens": [changed]}
        for answer in (service.call("Encrypt", given), service.call("RetireGrant", {"GrantToken": changed})):
            assert (400, "InvalidGrantTokenException") == (answer.status, answer.type)


@settings(max_examples=60)
@given(BITS)
def test_no_bit_of_a_session_token_can_be_flipped(service, session, bit):
    def call(token):
        return service.call(
            "ListKeys", credentials=Credentials(session["AccessKeyId"], session["SecretAccessKey"], token)
        )

    assert 200 == call(session["SessionToken"]).status
    for changed in variants(session["SessionToken"], bit):
        assume(changed.isprintable() and " " not in changed)  # as a header's value
        assert "UnrecognizedClientException" == call(changed).type


@settings(max_examples=60)
@given(BITS)
def test_no_bit_of_a_ciphertext_can_be_flipped_whoever_holds_it(service, keys, bit):
    blob = base64.b64decode(
        service.call("Encrypt", {"KeyId": keys[0], "Plaintext": encoded(b"x")}).json["CiphertextBlob"]
    )
    for members in ({}, {"KeyId": keys[0]}):
        answer = service.call("Decrypt", {"CiphertextBlob": encoded(flipped(blob, bit)), **members})
        assert (400, "InvalidCiphertextException") == (answer.status, answer.type)


def test_a_marker_is_good_for_its_own_list_and_nothing_else(service, keys, marker, grant_token):
    for operation, members in (("ListAliases", {}), ("ListGrants", {"KeyId": keys[0]})):
        assert "InvalidMarkerException" == service.call(operation, {**members, "Marker": marker}).type
    assert "InvalidMarkerException" == service.call("ListKeys", {"Marker": grant_token}).type
    assert "InvalidMarkerException" == service.call("ListKeys", {"Marker": marker}, user="foreign").type
