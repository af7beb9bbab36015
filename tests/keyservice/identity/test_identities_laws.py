"""Laws of the identities file: whatever it holds is read or refused, and reading is steady."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from keyservice.identity.document import IdentitiesError, read_document
from keyservice.identity.file import Identities, read_identities
from tests.keyservice.identity.files import FILE, reading

_SECTIONS = ("users", "groups", "roles", "instance_profiles", "instances", "access_keys")
_IDENTITY = ("name", "path", "policies", "tags", "trust_policy", "permissions_boundary", "max_session_duration")
_OTHER = ("user", "secret", "role", "access_key_id", "instance_profile", "document", "file", "Statement", "other")
MEMBERS = st.sampled_from(("accounts", "id", *_SECTIONS, *_IDENTITY, *_OTHER))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("111122223333")
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=4), max_leaves=30
)


@settings(max_examples=300, deadline=None)
@given(accounts=st.lists(st.dictionaries(MEMBERS, VALUES, max_size=6), max_size=2))
def test_any_document_is_read_or_refused(accounts):
    with contextlib.suppress(IdentitiesError):
        assert isinstance(read_identities({"accounts": accounts}, reading()), Identities)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60), is_json=st.booleans())
def test_any_text_is_read_or_refused(text, is_json):
    with contextlib.suppress(IdentitiesError):
        read_document(text, is_json=is_json)


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, len(FILE)), length=st.integers(0, 20), other=st.text(max_size=5))
def test_any_damage_to_a_file_is_read_or_refused(start, length, other):
    with contextlib.suppress(IdentitiesError):
        read_identities(read_document(FILE[:start] + other + FILE[start + length :]), reading())
