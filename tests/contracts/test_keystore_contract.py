"""What every KeyStore must do. A new one is added to `stores`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from keyservice.errors import INVALID_CIPHERTEXT, ServiceError
from keyservice.keystore.port import KeyStore
from keyservice.keystore.software import SoftwareKeyStore
from keyservice.model.key import Key

KEY = Key(
    account="111122223333", region="us-east-1", key_id="1234abcd-12ab-34cd-56ef-1234567890ab", created=0.0, policy="{}"
)
CONTEXT = {"app": "web"}


@pytest.fixture(params=["software", "software with a tiny cache", "software without a cache"])
def store(request) -> KeyStore:
    sizes = {"software": 4096, "software with a tiny cache": 1, "software without a cache": 0}
    return SoftwareKeyStore(bytes(range(32)), root_id="root", cached_keys=sizes[request.param])


def assert_invalid(call) -> None:
    with pytest.raises(ServiceError) as refusal:
        call()
    assert INVALID_CIPHERTEXT is refusal.value.kind


def test_a_backing_key_carries_the_names_of_its_key(store):
    backing = store.generate(KEY, 5.0)
    assert (KEY.account, KEY.region, KEY.key_id, 5.0) == (
        backing.account,
        backing.region,
        backing.key_id,
        backing.created,
    )


def test_every_backing_key_is_another(store):
    one, other = store.generate(KEY, 0.0), store.generate(KEY, 0.0)
    assert one.backing_key_id != other.backing_key_id
    assert one.material_id != other.material_id
    assert one.wrapped != other.wrapped


def test_a_material_id_has_64_hexadecimal_digits(store):
    assert 32 == len(bytes.fromhex(store.generate(KEY, 0.0).material_id))


def test_decrypt_undoes_encrypt(store):
    backing = store.generate(KEY, 0.0)
    header = store.header(store.encrypt(KEY, backing, b"text", CONTEXT))
    assert (KEY.key_id, backing.backing_key_id) == (header.key_id, header.backing_key_id)
    assert b"text" == store.decrypt(backing, header, CONTEXT)


def test_old_ciphertexts_decrypt_after_a_rotation(store):
    old = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, old, b"text", CONTEXT)
    new = store.generate(KEY, 1.0)
    store.encrypt(KEY, new, b"other", CONTEXT)
    assert b"text" == store.decrypt(old, store.header(blob), CONTEXT)
    assert_invalid(lambda: store.decrypt(new, store.header(blob), CONTEXT))


def test_the_same_message_never_gives_the_same_ciphertext(store):
    backing = store.generate(KEY, 0.0)
    assert store.encrypt(KEY, backing, b"text", {}) != store.encrypt(KEY, backing, b"text", {})


def test_another_encryption_context_is_refused(store):
    backing = store.generate(KEY, 0.0)
    header = store.header(store.encrypt(KEY, backing, b"text", CONTEXT))
    for context in ({}, {"app": "Web"}, {"ap": "pweb"}, CONTEXT | {"more": "1"}):
        assert_invalid(lambda context=context: store.decrypt(backing, header, context))


def test_every_changed_byte_is_refused(store):
    backing = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, backing, b"text", CONTEXT)
    for position in range(len(blob)):
        changed = blob[:position] + bytes([blob[position] ^ 0x80]) + blob[position + 1 :]
        assert_invalid(lambda changed=changed: store.decrypt(backing, store.header(changed), CONTEXT))


def test_a_forgotten_key_s_record_still_opens_if_it_is_there_after_all(store):
    backing = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, backing, b"text", CONTEXT)
    store.forget([backing, backing])
    assert b"text" == store.decrypt(backing, store.header(blob), CONTEXT)


def test_random_bytes_have_the_length_asked_for_and_differ(store):
    assert 32 == len(store.random(32))
    assert store.random(32) != store.random(32)


def test_4096_bytes_of_plaintext_fit_the_blob(store):
    assert 6144 >= len(store.encrypt(KEY, store.generate(KEY, 0.0), bytes(4096), CONTEXT))


def test_many_threads_at_once_each_get_their_own_message(store):
    keys = [replace(KEY, key_id=f"key-{number}") for number in range(5)]
    backings = {key.key_id: store.generate(key, 0.0) for key in keys}

    def round_trip(number: int) -> bool:
        key = keys[number % len(keys)]
        backing, text = backings[key.key_id], str(number).encode()
        blob = store.encrypt(key, backing, text, CONTEXT)
        return text == store.decrypt(backing, store.header(blob), CONTEXT)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(round_trip, range(400)))
