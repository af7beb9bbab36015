"""What the external key store has beside the contract: records bound to their keys, and both halves needed."""

from dataclasses import replace

import pytest

from keyservice.errors import (
    CUSTOM_KEY_STORE_NOT_FOUND,
    INVALID_CIPHERTEXT,
    KMS_INTERNAL,
    XKS_KEY_UNUSABLE,
    ServiceError,
)
from keyservice.keystore.xks_faults import XksFault
from keyservice.model.custom_key_store import ConnectionState
from keyservice.model.key import Key, KeyUsage
from tests.xks_keys import STORE, keys_in_xks
from tests.xks_proxy import ExternalKey, decoded, encoded, running_proxy

KEY = Key(
    account="111122223333", region="us-east-1", key_id="1234abcd-12ab-34cd-56ef-1234567890ab", created=0.0, policy="{}"
)
OTHER = replace(KEY, key_id="0987dcba-09fe-87dc-65ba-ab0987654321")


@pytest.fixture
def proxy(tmp_path):
    with running_proxy(tmp_path / "tls") as proxy:
        yield proxy


@pytest.fixture
def keystore(tmp_path, proxy):
    with keys_in_xks(tmp_path / "store.db", proxy) as keystore:
        yield keystore


def refusal_of(call, *given):
    with pytest.raises(ServiceError) as refusal:
        call(*given)
    return refusal.value


def test_the_record_holds_neither_material_nor_external_key_id_in_clear(keystore):
    backing = keystore.generate(KEY, 0.0)
    assert (True, False, 32 + len("one")) == (backing.external, b"one" in backing.wrapped, len(backing.wrapped) - 45)


def test_our_half_alone_does_not_open_a_ciphertext(keystore, proxy):
    backing = keystore.generate(KEY, 0.0)
    header = keystore.header(keystore.encrypt(KEY, backing, b"text", {}))
    proxy.keys["one"] = ExternalKey()
    told = refusal_of(keystore.decrypt, backing, header, {})
    assert (XKS_KEY_UNUSABLE, XksFault.INVALID_CIPHERTEXT.value.message) == (told.kind, told.message)


def test_a_proxy_that_decrypts_to_something_else_is_caught(keystore, proxy):
    backing = keystore.generate(KEY, 0.0)
    header = keystore.header(keystore.encrypt(KEY, backing, b"text", {}))
    proxy.tamper = lambda operation, answer: {"plaintext": encoded(bytes(len(decoded(answer["plaintext"]))))}
    told = refusal_of(keystore.decrypt, backing, header, {})
    assert (XKS_KEY_UNUSABLE, XksFault.WRONG_PLAINTEXT.value.message) == (told.kind, told.message)


def test_a_record_that_was_moved_to_another_key_opens_nothing(keystore):
    backing, other = keystore.generate(KEY, 0.0), keystore.generate(OTHER, 0.0)
    for moved in (replace(other, wrapped=backing.wrapped), replace(backing, key_id=OTHER.key_id)):
        assert KMS_INTERNAL is refusal_of(keystore.encrypt, OTHER, moved, b"text", {}).kind


def test_a_record_never_passes_for_one_of_software_or_of_an_hsm(keystore):
    backing = keystore.generate(KEY, 0.0)
    as_software = replace(backing, external=False, custom_key_store_id=None)
    assert KMS_INTERNAL is refusal_of(keystore.encrypt, KEY, as_software, b"text", {}).kind


def test_a_ciphertext_of_another_kind_of_store_is_none_of_this_one(keystore):
    backing = keystore.generate(KEY, 0.0)
    header = keystore.header(keystore.encrypt(KEY, backing, b"text", {}))
    for version in (1, 2):
        told = refusal_of(keystore.decrypt, backing, replace(header, version=version), {})
        assert INVALID_CIPHERTEXT is told.kind


def test_a_store_that_is_not_connected_uses_no_key_even_if_the_pipeline_let_it_through(keystore, proxy):
    backing = keystore.generate(KEY, 0.0)
    asked = len(proxy.calls)
    with keystore.store.change() as change:
        change.put_custom_key_store(replace(STORE, state=ConnectionState.DISCONNECTED))
    assert XksFault.DISCONNECTED.value.message == refusal_of(keystore.encrypt, KEY, backing, b"text", {}).message
    with keystore.store.change() as change:
        change.delete_custom_key_store(KEY.region, "cks-1")
    assert CUSTOM_KEY_STORE_NOT_FOUND is refusal_of(keystore.encrypt, KEY, backing, b"text", {}).kind
    assert asked == len(proxy.calls)


def test_keys_of_other_specs_are_none_of_an_external_key_store(keystore):
    rsa = replace(KEY, spec="RSA_2048", usage=KeyUsage.SIGN_VERIFY)
    assert KMS_INTERNAL is refusal_of(keystore._xks.generate, rsa, 0.0).kind
    assert KMS_INTERNAL is refusal_of(keystore._xks.generate, KEY, 0.0).kind


@pytest.mark.parametrize(("iv_length", "metadata"), [(12, b""), (16, b"x" * 20)])
def test_whatever_the_specification_lets_a_proxy_say_is_kept_in_the_blob(keystore, proxy, iv_length, metadata):
    proxy.iv_length, proxy.metadata = iv_length, metadata
    backing = keystore.generate(KEY, 0.0)
    blob = keystore.encrypt(KEY, backing, bytes(4096), {})
    proxy.iv_length, proxy.metadata = 12, b"later"
    assert bytes(4096) == keystore.decrypt(backing, keystore.header(blob), {})
