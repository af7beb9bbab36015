"""What every KeyStore must do. A new one is added to `stores`."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from keyservice.errors import (
    INCORRECT_KEY_MATERIAL,
    INVALID_CIPHERTEXT,
    KMS_INTERNAL,
    KMS_INVALID_SIGNATURE,
    ServiceError,
)
from keyservice.keystore.port import KeyStore
from keyservice.keystore.software import SoftwareKeyStore
from keyservice.model.key import ImportedMaterial, Key, KeyUsage
from tests.hsm_keys import keys_in_hsm
from tests.memory_token import HSMS, MemoryToken
from tests.softhsm import make_softhsm, needs_softhsm
from tests.xks_keys import keys_in_xks
from tests.xks_proxy import running_proxy

KEY = Key(
    account="111122223333", region="us-east-1", key_id="1234abcd-12ab-34cd-56ef-1234567890ab", created=0.0, policy="{}"
)
CONTEXT = {"app": "web"}


SIZES = {"software": 4096, "software with a tiny cache": 1, "software without a cache": 0}


@pytest.fixture(params=list(SIZES))
def software(request) -> KeyStore:
    return SoftwareKeyStore(bytes(range(32)), root_id="root", cached_keys=SIZES[request.param])


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with running_proxy(tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


PLACES = ("an HSM of memory", pytest.param("an HSM behind PKCS#11", marks=needs_softhsm), "an external key store")


@pytest.fixture(params=[*SIZES, *PLACES])
def store(request, tmp_path, monkeypatch):
    """Every key store; of custom ones symmetric encryption keys, beside software for the others as in the service."""
    if request.param in SIZES:
        yield SoftwareKeyStore(bytes(range(32)), root_id="root", cached_keys=SIZES[request.param])
        return
    if request.param == "an external key store":
        with keys_in_xks(tmp_path / "store.db", request.getfixturevalue("proxy")) as keystore:
            yield keystore
        return
    if request.param == "an HSM of memory":
        hsm, token = HSMS[0], MemoryToken(HSMS[0])
    else:
        softhsm = make_softhsm(tmp_path / "softhsm", monkeypatch)
        hsm, token = softhsm.settings(), softhsm.token()
    with keys_in_hsm(tmp_path / "store.db", hsm, token) as (keystore, _):
        yield keystore


def assert_invalid(call, store=None) -> None:
    with pytest.raises(ServiceError) as refusal:
        call()
    assert refusal.value.kind in getattr(store, "refused_as", (INVALID_CIPHERTEXT,))


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
        assert_invalid(lambda context=context: store.decrypt(backing, header, context), store)


def test_every_changed_byte_is_refused(store):
    backing = store.generate(KEY, 0.0)
    blob = store.encrypt(KEY, backing, b"text", CONTEXT)
    for position in range(len(blob)):
        changed = blob[:position] + bytes([blob[position] ^ 0x80]) + blob[position + 1 :]
        assert_invalid(lambda changed=changed: store.decrypt(backing, store.header(changed), CONTEXT), store)


def test_a_forgotten_key_s_record_still_opens_if_it_is_there_after_all(software):
    """Of software, which erases nothing but memory; an HSM destroys the key."""
    backing = software.generate(KEY, 0.0)
    blob = software.encrypt(KEY, backing, b"text", CONTEXT)
    software.forget([backing, backing])
    assert b"text" == software.decrypt(backing, software.header(blob), CONTEXT)


# Keys of other specs: material and its use stay inside, whatever the store.


def other_key(spec: str, usage: KeyUsage) -> Key:
    return replace(KEY, spec=spec, usage=usage)


SIGNING = [
    ("RSA_2048", "RSASSA_PSS_SHA_256"),
    ("ECC_NIST_P256", "ECDSA_SHA_256"),
    ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
    ("ML_DSA_44", "ML_DSA_SHAKE_256"),
]


@pytest.mark.parametrize(("spec", "algorithm"), SIGNING)
def test_a_key_s_own_signatures_verify_and_another_key_s_do_not(store, spec, algorithm):
    key = other_key(spec, KeyUsage.SIGN_VERIFY)
    backing, other = store.generate(key, 0.0), store.generate(key, 0.0)
    signature = store.sign(key, backing, algorithm, b"text", "RAW")
    store.verify(key, backing, algorithm, b"text", "RAW", signature)
    for of, message in ((other, b"text"), (backing, b"txet")):
        with pytest.raises(ServiceError) as refusal:
            store.verify(key, of, algorithm, message, "RAW", signature)
        assert KMS_INVALID_SIGNATURE is refusal.value.kind


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P521", "ML_DSA_65", "ML_KEM_768"])
def test_the_public_key_stays_the_same_and_is_another_for_every_key(store, spec):
    key = other_key(spec, KeyUsage.SIGN_VERIFY)
    backing, other = store.generate(key, 0.0), store.generate(key, 0.0)
    assert store.public_key(key, backing) == store.public_key(key, backing)
    assert store.public_key(key, backing) != store.public_key(key, other)
    load_der_public_key(store.public_key(key, backing))


def test_rsa_decrypts_what_it_encrypted(store):
    key = other_key("RSA_2048", KeyUsage.ENCRYPT_DECRYPT)
    backing = store.generate(key, 0.0)
    blob = store.encrypt_rsa(key, backing, "RSAES_OAEP_SHA_1", b"text")
    assert b"text" == store.decrypt_rsa(key, backing, "RSAES_OAEP_SHA_1", blob)
    assert_invalid(lambda: store.decrypt_rsa(key, backing, "RSAES_OAEP_SHA_256", blob))


def test_a_mac_is_the_same_every_time_and_another_with_every_key(store):
    key = other_key("HMAC_384", KeyUsage.GENERATE_VERIFY_MAC)
    backing, other = store.generate(key, 0.0), store.generate(key, 0.0)
    mac = store.mac(key, backing, "HMAC_SHA_384", b"text")
    assert (48, mac) == (len(mac), store.mac(key, backing, "HMAC_SHA_384", b"text"))
    assert mac != store.mac(key, other, "HMAC_SHA_384", b"text")


def test_two_keys_agree(store):
    key = other_key("ECC_NIST_P384", KeyUsage.KEY_AGREEMENT)
    one, other = store.generate(key, 0.0), store.generate(key, 0.0)
    secret = store.agree(key, one, store.public_key(key, other))
    assert (48, secret) == (len(secret), store.agree(key, other, store.public_key(key, one)))


def test_decapsulate_recovers_what_was_encapsulated(store):
    key = other_key("ML_KEM_1024", KeyUsage.ENCAPSULATE_DECAPSULATE)
    backing = store.generate(key, 0.0)
    secret, blob = store.encapsulate(key, backing)
    assert secret == store.decapsulate(key, backing, blob)
    assert_invalid(lambda: store.decapsulate(key, backing, blob[1:]))


def test_material_opens_only_as_what_it_was_made_for(store):
    key = other_key("HMAC_256", KeyUsage.GENERATE_VERIFY_MAC)
    backing = store.generate(key, 0.0)
    store.mac(key, backing, "HMAC_SHA_256", b"text")
    for use in (
        lambda: store.encrypt(KEY, backing, b"text", {}),
        lambda: store.mac(other_key("HMAC_224", KeyUsage.GENERATE_VERIFY_MAC), backing, "HMAC_SHA_224", b"text"),
        lambda: store.public_key(other_key("ECC_NIST_P256", KeyUsage.SIGN_VERIFY), backing),
    ):
        with pytest.raises(ServiceError) as refusal:
            use()
        assert KMS_INTERNAL is refusal.value.kind


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


# Imported material.

MATERIAL = bytes(range(32))


def test_imported_material_carries_the_names_of_its_key_and_is_present(store):
    backing = store.import_material(KEY, MATERIAL, 5.0)
    expected = (KEY.account, KEY.region, KEY.key_id, 5.0, ImportedMaterial())
    assert expected == (backing.account, backing.region, backing.key_id, backing.created, backing.imported)
    assert (None, False) == (backing.rotated, backing.awaits_rotation)
    assert MATERIAL not in backing.wrapped


def test_the_same_material_of_a_key_has_the_same_ids_and_any_other_others(store):
    one, same = (store.import_material(KEY, MATERIAL, now) for now in (0.0, 1.0))
    assert (one.material_id, one.backing_key_id) == (same.material_id, same.backing_key_id)
    assert one.wrapped != same.wrapped
    others = store.import_material(KEY, bytes(32), 0.0), store.import_material(replace(KEY, key_id="x"), MATERIAL, 0.0)
    for other in others:
        assert {one.material_id, one.backing_key_id}.isdisjoint({other.material_id, other.backing_key_id})
    replica = store.import_material(replace(KEY, region="eu-west-1"), MATERIAL, 0.0)
    assert (one.material_id, one.backing_key_id) == (replica.material_id, replica.backing_key_id)


def test_a_ciphertext_decrypts_after_the_material_was_forgotten_and_brought_back(store):
    backing = store.import_material(KEY, MATERIAL, 0.0)
    blob = store.encrypt(KEY, backing, b"text", CONTEXT)
    store.forget([backing])
    for now in (backing, store.import_material(KEY, MATERIAL, 1.0)):
        assert b"text" == store.decrypt(now, store.header(blob), CONTEXT)
    assert_invalid(lambda: store.decrypt(store.import_material(KEY, bytes(32), 1.0), store.header(blob), CONTEXT))


def test_an_erased_backing_key_does_not_open_though_it_was_in_use(store):
    backing = store.import_material(KEY, MATERIAL, 0.0)
    store.encrypt(KEY, backing, b"text", {})
    store.forget([backing])
    with pytest.raises(ServiceError) as refusal:
        store.encrypt(KEY, replace(backing, wrapped=b""), b"text", {})
    assert KMS_INTERNAL is refusal.value.kind


def test_an_imported_private_key_is_the_customers(store):
    key, private = other_key("ECC_NIST_P256", KeyUsage.SIGN_VERIFY), ec.generate_private_key(ec.SECP256R1())
    backing = store.import_material(key, private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), 0.0)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public == store.public_key(key, backing)
    signature = store.sign(key, backing, "ECDSA_SHA_256", b"text", "RAW")
    store.verify(key, backing, "ECDSA_SHA_256", b"text", "RAW", signature)


def test_an_imported_hmac_key_may_be_longer_than_its_spec(store):
    key = other_key("HMAC_256", KeyUsage.GENERATE_VERIFY_MAC)
    expected = hmac.digest(bytes(100), b"text", "sha256")
    assert expected == store.mac(key, store.import_material(key, bytes(100), 0.0), "HMAC_SHA_256", b"text")


def test_what_is_no_material_of_the_spec_is_refused(store):
    for key, material in ((KEY, bytes(31)), (other_key("RSA_2048", KeyUsage.SIGN_VERIFY), bytes(32))):
        with pytest.raises(ServiceError) as refusal:
            store.import_material(key, material, 0.0)
        assert INCORRECT_KEY_MATERIAL is refusal.value.kind
