"""Identifiers in AWS's forms."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from keyservice.ids import FreshIds, uuid_text


@given(st.binary(min_size=16, max_size=16))
def test_a_uuid_is_of_version_4_as_python_makes_it(random):
    assert str(uuid.UUID(bytes=random, version=4)) == uuid_text(random)


def test_fresh_ids_are_never_given_twice_whoever_asks():
    fresh = FreshIds(os.urandom, at_once=7)
    with ThreadPoolExecutor(8) as pool:
        given_out = list(pool.map(lambda _: fresh(), range(5000)))
    assert 5000 == len(set(given_out))
    assert {4} == {uuid.UUID(text).version for text in given_out}
