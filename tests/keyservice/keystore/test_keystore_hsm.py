"""What the hardware key store has beside the contract: keys destroyed, moved records refused, messages counted."""

from dataclasses import replace

import pytest

from keyservice.errors import (
    HSM_DISCONNECTED,
    HSM_KEY_EXHAUSTED,
    HSM_MATERIAL_MISSING,
    INVALID_CIPHERTEXT,
    KMS_INTERNAL,
    ServiceError,
)
from keyservice.keystore import hsm as hsm_module
from keyservice.model.custom_key_store import ConnectionState
from keyservice.model.key import Key
from tests.hsm_keys import keys_in_hsm
from tests.memory_token import HSMS, MemoryToken

KEY = Key(
    account="111122223333", region="us-east-1", key_id="1234abcd-12ab-34cd-56ef-1234567890ab", created=0.0, policy="{}"
)
OTHER = replace(KEY, key_id="0987dcba-09fe-87dc-65ba-ab0987654321")


@pytest.fixture
def token():
    return MemoryToken(HSMS[0])


@pytest.fixture
def keystore(tmp_path, token):
    with keys_in_hsm(tmp_path / "store.db", HSMS[0], token) as (keystore, _):
        yield keystore


def assert_refused(kind, call, *given):
    with pytest.raises(ServiceError) as refusal:
        call(*given)
    assert kind is refusal.value.kind


def test_a_forgotten_key_is_destroyed_in_the_hsm_and_its_ciphertexts_with_it(keystore, token):
    backing, kept = keystore.generate(KEY, 0.0), keystore.generate(OTHER, 0.0)
    blob = keystore.encrypt(KEY, backing, b"text", {})
    keystore.forget([backing, backing])
    assert 1 == len(token.keys)
    assert_refused(HSM_MATERIAL_MISSING, keystore.decrypt, backing, keystore.header(blob), {})
    keystore.encrypt(OTHER, kept, b"text", {})


def test_forgetting_keys_of_an_hsm_that_is_gone_leaves_them_over_and_says_so(keystore, token, caplog):
    backing = keystore.generate(KEY, 0.0)
    token.vanish()
    keystore.forget([backing])
    assert f"the material of key {KEY.key_id} is left over in custom key store cks-1" in caplog.text


def test_a_record_that_was_moved_to_another_key_finds_no_key(keystore):
    backing, other = keystore.generate(KEY, 0.0), keystore.generate(OTHER, 0.0)
    for moved in (replace(other, wrapped=backing.wrapped), replace(backing, key_id=OTHER.key_id)):
        assert_refused(KMS_INTERNAL, keystore.encrypt, OTHER, moved, b"text", {})


def test_a_record_of_the_hsm_never_passes_for_material_of_software(keystore):
    backing = keystore.generate(KEY, 0.0)
    assert_refused(KMS_INTERNAL, keystore.encrypt, KEY, replace(backing, custom_key_store_id=None), b"text", {})


def test_a_ciphertext_of_one_kind_of_store_is_none_of_the_other(keystore, tmp_path):
    in_hsm = keystore.generate(KEY, 0.0)
    header = keystore.header(keystore.encrypt(KEY, in_hsm, b"text", {}))
    assert 2 == header.version
    assert_refused(INVALID_CIPHERTEXT, keystore.decrypt, in_hsm, replace(header, version=1), {})


def test_a_store_that_is_not_connected_uses_no_key_even_if_the_pipeline_let_it_through(keystore):
    backing = keystore.generate(KEY, 0.0)
    with keystore.store.change() as change:
        store = change.custom_key_store(KEY.region, "cks-1")
        change.put_custom_key_store(replace(store, state=ConnectionState.DISCONNECTED))
    assert_refused(HSM_DISCONNECTED, keystore.encrypt, KEY, backing, b"text", {})


def counted(keystore, backing):
    return keystore.store.backing_key(KEY.region, KEY.key_id, backing.backing_key_id).messages


def test_messages_are_counted_ahead_so_that_none_is_forgotten(keystore, monkeypatch):
    monkeypatch.setattr(hsm_module, "COUNTED_AT_ONCE", 3)
    backing = keystore.generate(KEY, 0.0)
    assert 0 == counted(keystore, backing)
    for number in range(1, 8):
        keystore.encrypt(KEY, backing, b"text", {})
        assert -(-number // 3) * 3 == counted(keystore, backing)


def test_a_key_ends_after_as_many_messages_as_its_ivs_are_safe_for_and_still_decrypts(keystore, monkeypatch):
    monkeypatch.setattr(hsm_module, "COUNTED_AT_ONCE", 2)
    monkeypatch.setattr(hsm_module, "MOST_MESSAGES", 4)
    backing = keystore.generate(KEY, 0.0)
    blobs = [keystore.encrypt(KEY, backing, b"text", {}) for _ in range(4)]
    assert_refused(HSM_KEY_EXHAUSTED, keystore.encrypt, KEY, backing, b"text", {})
    assert [b"text"] * 4 == [keystore.decrypt(backing, keystore.header(blob), {}) for blob in blobs]


def test_the_limit_is_that_of_random_ivs():
    assert 2**32 == hsm_module.MOST_MESSAGES


def test_what_is_not_recorded_is_not_encrypted_under(keystore):
    backing = replace(keystore.generate(KEY, 0.0), backing_key_id="unknown")
    assert_refused(KMS_INTERNAL, keystore.encrypt, KEY, backing, b"text", {})
