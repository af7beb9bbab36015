"""Bucket keys in memory: for a while, for one requester."""

import pytest

from keyservice.clock import SettableClock
from keyservice.demo.objects.bucket_keys import BucketKeyCache, Requester

ALICE = Requester(user_id="AIDAALICE", credentials="AKIAALICE")
BOB = Requester(user_id="AIDABOB", credentials="AKIABOB")
ALICE_NARROWED = Requester(user_id="AIDAALICE", credentials="ASIAALICE")


@pytest.fixture
def clock():
    return SettableClock(1000.0)


@pytest.fixture
def cache(clock):
    return BucketKeyCache(clock.now, window=60.0)


def test_a_key_is_kept_for_its_window_and_no_longer(cache, clock):
    cache.put(ALICE, "box", b"key")
    clock.advance(59.9)
    assert b"key" == cache.get(ALICE, "box")
    clock.advance(0.1)
    assert None is cache.get(ALICE, "box")


def test_use_does_not_make_it_last(cache, clock):
    cache.put(ALICE, "box", b"key")
    for _ in range(10):
        clock.advance(6.0)
        cache.get(ALICE, "box")
    assert None is cache.get(ALICE, "box")


def test_each_requester_has_keys_of_its_own(cache):
    cache.put(ALICE, "box", b"key")
    assert [None, None] == [cache.get(BOB, "box"), cache.get(ALICE_NARROWED, "box")]
    assert None is cache.get(ALICE, "another box")


def test_there_is_an_end_to_how_many_are_kept(cache):
    for number in range(1001):
        cache.put(ALICE, number, b"key")
    assert (None, b"key") == (cache.get(ALICE, 0), cache.get(ALICE, 1000))
