"""What is the software store's own: sealed records, their binding, and the cache of unwrapped keys."""

import hmac
from dataclasses import replace

import pytest

from keyservice.crypto import keypair
from keyservice.errors import KMS_INTERNAL, ServiceError
from keyservice.keystore import software
from keyservice.keystore.software import SoftwareKeyStore
from keyservice.model.key import Key

DOMAIN_KEY = bytes(range(32))
KEY = Key(account="111122223333", region="us-east-1", key_id="a-key", created=0.0, policy="{}")


@pytest.fixture
def store():
    return SoftwareKeyStore(DOMAIN_KEY, root_id="root")


@pytest.fixture
def unwrapped(monkeypatch):
    """The backing keys unwrapped so far, in order."""
    seen = []
    real = software.unwrap

    def counting(parent, record, sealed):
        seen.append(record.backing_key_id)
        return real(parent, record, sealed)

    monkeypatch.setattr(software, "unwrap", counting)
    return seen


def assert_internal(call, secondary: str) -> None:
    with pytest.raises(ServiceError) as refusal:
        call()
    assert (KMS_INTERNAL, KMS_INTERNAL.message) == (refusal.value.kind, refusal.value.message)
    assert secondary == refusal.value.secondary


def test_another_store_over_the_same_domain_key_opens_everything(store):
    backing = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, backing, b"text", {})
    restarted = SoftwareKeyStore(DOMAIN_KEY, root_id="root")
    assert b"text" == restarted.decrypt(backing, restarted.header(blob), {})


@pytest.mark.parametrize(
    ("domain_key", "root_id"), [(bytes(32), "root"), (DOMAIN_KEY, "another")], ids=["domain key", "root id"]
)
def test_a_record_does_not_open_under_another(store, domain_key, root_id):
    backing = store.generate(KEY, 0.0)
    other = SoftwareKeyStore(domain_key, root_id=root_id)
    assert_internal(
        lambda: other.encrypt(KEY, backing, b"text", {}), f"backing key {backing.backing_key_id} does not unwrap"
    )


@pytest.mark.parametrize("moved", [{"account": "444455556666"}, {"backing_key_id": "another"}])
def test_a_record_moved_elsewhere_does_not_open_even_while_its_material_is_in_memory(store, moved):
    backing = store.generate(KEY, 0.0)
    store.encrypt(KEY, backing, b"text", {})
    elsewhere = replace(backing, **moved)
    assert_internal(
        lambda: store.encrypt(KEY, elsewhere, b"text", {}), f"backing key {elsewhere.backing_key_id} does not unwrap"
    )


def test_a_record_moved_to_another_key_does_not_open(store):
    backing = replace(store.generate(KEY, 0.0), key_id="another")
    other = replace(KEY, key_id="another")
    assert_internal(
        lambda: store.encrypt(other, backing, b"text", {}), f"backing key {backing.backing_key_id} does not unwrap"
    )


def test_a_record_changed_in_the_store_is_not_answered_from_memory(store):
    backing = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, backing, b"text", {})
    changed = replace(backing, wrapped=backing.wrapped[:-1] + bytes([backing.wrapped[-1] ^ 1]))
    assert_internal(
        lambda: store.decrypt(changed, store.header(blob), {}), f"backing key {backing.backing_key_id} does not unwrap"
    )


def test_another_key_s_backing_key_is_never_encrypted_under(store):
    backing = store.generate(KEY, 0.0)
    other = replace(KEY, key_id="another")
    assert_internal(lambda: store.encrypt(other, backing, b"text", {}), "the backing key belongs to another key")


def test_a_key_is_unwrapped_once(store, unwrapped):
    backing = store.generate(KEY, 0.0)
    for _ in range(3):
        store.encrypt(KEY, backing, b"text", {})
    assert [backing.backing_key_id] == unwrapped


def test_a_forgotten_key_is_not_held_in_memory(store, unwrapped):
    backing = store.generate(KEY, 0.0)
    store.encrypt(KEY, backing, b"text", {})
    store.forget([backing])
    store.encrypt(KEY, backing, b"text", {})
    assert [backing.backing_key_id] * 2 == unwrapped


def test_the_least_recently_used_key_leaves_first(unwrapped):
    store = SoftwareKeyStore(DOMAIN_KEY, root_id="root", cached_keys=2)
    a, b, c = (store.generate(KEY, 0.0) for _ in range(3))
    for backing in (a, b, a, c, a, b):
        store.encrypt(KEY, backing, b"text", {})
    assert [backing.backing_key_id for backing in (a, b, c, b)] == unwrapped


def test_the_material_of_a_key_is_in_no_record_and_no_repr():
    given = iter([bytes(16), b"material" * 4, bytes(16), bytes(12)])
    store = SoftwareKeyStore(DOMAIN_KEY, root_id="root", random=lambda _: next(given))
    backing = store.generate(KEY, 0.0)
    assert b"material" not in backing.wrapped
    assert "wrapped" not in repr(backing)
    assert "material" not in repr(store)


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_a_mac_is_the_hmac_of_random_material_as_long_as_the_hash(bits):
    store = SoftwareKeyStore(bytes(32), root_id="root", random=lambda length: b"\7" * length)
    key = replace(KEY, spec=f"HMAC_{bits}")
    expected = hmac.digest(b"\7" * (bits // 8), b"text", f"sha{bits}")
    assert expected == store.mac(key, store.generate(key, 0.0), f"HMAC_SHA_{bits}", b"text")


def test_a_key_pair_is_read_once_and_forgotten_with_its_key(monkeypatch):
    store = SoftwareKeyStore(bytes(32), root_id="root")
    key = replace(KEY, spec="ECC_NIST_P256")
    backing = store.generate(key, 0.0)
    read = []
    read_own = keypair.read_own
    monkeypatch.setattr(keypair, "read_own", lambda encoded: read.append(1) or read_own(encoded))
    for _ in range(3):
        store.public_key(key, backing)
    assert [1] == read
    store.forget([backing])
    store.public_key(key, backing)
    assert [1, 1] == read


def test_material_works_for_the_related_key_of_another_region_and_still_does_when_the_other_is_forgotten(store):
    backing = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, backing, b"text", {})
    there = replace(backing, region="eu-west-1")
    assert b"text" == store.decrypt(there, store.header(blob), {})
    store.forget([backing])
    assert b"text" == store.decrypt(there, store.header(blob), {})
    other, moved = replace(KEY, key_id="another-key"), replace(there, key_id="another-key")
    refusal = f"backing key {backing.backing_key_id} does not unwrap"
    assert_internal(lambda: store.encrypt(other, moved, b"text", {}), refusal)
