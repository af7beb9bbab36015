"""Unwrapping imported key material: wrapped here with the library, with NIST's and Wycheproof's vectors."""

import os

import pytest
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from keyservice.crypto import oaep
from keyservice.crypto.import_wrapping import (
    WRAPPING_ALGORITHMS,
    WRAPPING_KEY_SPECS,
    can_wrap,
    generate_wrapping_key,
    unwrap_material,
)
from keyservice.crypto.keypair import WrongKindError, read_own
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import INVALID_CIPHERTEXT, ServiceError

KEY = rsa.generate_private_key(65537, 2048)
MATERIAL = bytes(range(32))
STAND_IN = b"i" * 32


def padded(algorithm, data, key=KEY):
    of = SHA1() if algorithm.endswith("_1") else SHA256()
    return key.public_key().encrypt(data, OAEP(MGF1(of), of, None))


def wrapped(algorithm, material=MATERIAL, key=KEY, aes_key=None):
    if not WRAPPING_ALGORITHMS[algorithm].has_aes_key:
        return padded(algorithm, material, key)
    aes_key = aes_key or os.urandom(32)
    return padded(algorithm, aes_key, key) + keywrap.aes_key_wrap_with_padding(aes_key, material)


def unwrap(algorithm, blob, key=KEY):
    return unwrap_material(key, algorithm, blob, stand_in=STAND_IN)


def is_refused(algorithm, blob, key=KEY):
    try:
        unwrap(algorithm, blob, key)
    except ServiceError as error:
        return error.kind is INVALID_CIPHERTEXT and error.message == ""
    return False


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
@pytest.mark.parametrize("length", [1, 8, 31, 32, 128])
def test_what_was_wrapped_unwraps(algorithm, length):
    assert bytes(length) == unwrap(algorithm, wrapped(algorithm, bytes(length)))


@pytest.mark.parametrize("algorithm", [name for name, row in WRAPPING_ALGORITHMS.items() if row.has_aes_key])
def test_the_longest_private_key_unwraps(algorithm):
    assert bytes(2400) == unwrap(algorithm, wrapped(algorithm, bytes(2400)))


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
def test_every_other_way_to_wrap_is_refused_in_one_error(algorithm):
    others = [wrapped(other) for other in WRAPPING_ALGORITHMS if other != algorithm]
    others += [wrapped(algorithm, key=rsa.generate_private_key(65537, 2048))]
    others += [KEY.public_key().encrypt(MATERIAL, PKCS1v15()), b"", b"x", bytes(256), bytes(280), b"\xff" * 296]
    assert all(is_refused(algorithm, other) for other in others)


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
def test_every_changed_bit_is_refused(algorithm):
    blob = wrapped(algorithm)
    for position in range(0, len(blob) * 8, 61):
        changed = bytearray(blob)
        changed[position // 8] ^= 1 << position % 8
        assert is_refused(algorithm, bytes(changed))
    assert all(is_refused(algorithm, other) for other in (blob[:-1], blob[:-8], blob + b"\0", blob + bytes(8)))


@pytest.mark.parametrize("length", [16, 24, 33])
def test_an_aes_key_of_another_length_is_refused(length):
    sound = bytes(length)
    outer = keywrap.aes_key_wrap_with_padding(sound if length < 32 else bytes(32), MATERIAL)
    assert is_refused("RSA_AES_KEY_WRAP_SHA_256", padded("RSA_AES_KEY_WRAP_SHA_256", sound) + outer)


def test_a_bad_padding_takes_both_steps_all_the_same(monkeypatch):
    tried = []
    unwrap_padded = keywrap.aes_key_unwrap_with_padding

    def watched(key, body):
        tried.append(key)
        return unwrap_padded(key, body)

    monkeypatch.setattr(keywrap, "aes_key_unwrap_with_padding", watched)
    blob = wrapped("RSA_AES_KEY_WRAP_SHA_256")
    assert is_refused("RSA_AES_KEY_WRAP_SHA_256", bytes(256) + blob[256:])
    assert [STAND_IN] == tried


def test_a_key_that_is_no_rsa_key_is_our_own_fault():
    with pytest.raises(WrongKindError):
        unwrap("RSAES_OAEP_SHA_1", b"x", Ed25519PrivateKey.generate())


def test_a_wrapping_key_has_the_size_that_is_asked_for():
    assert 2048 == read_own(generate_wrapping_key("RSA_2048")).public.key_size


# KMS Developer Guide, "Select a wrapping algorithm": the table, row by row.
SUPPORTED = [
    *((spec, algorithm, True) for spec in ("SYMMETRIC_DEFAULT", "HMAC_512") for algorithm in WRAPPING_ALGORITHMS),
    *((f"RSA_{bits}", f"RSAES_OAEP_SHA_{sha}", False) for bits in (2048, 3072, 4096) for sha in (1, 256)),
    *((f"RSA_{bits}", f"RSA_AES_KEY_WRAP_SHA_{sha}", True) for bits in (2048, 3072, 4096) for sha in (1, 256)),
    *((spec, algorithm, True) for spec in ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_SECG_P256K1")
      for algorithm in WRAPPING_ALGORITHMS),
]  # fmt: skip


@pytest.mark.parametrize("wrapping_key_spec", WRAPPING_KEY_SPECS)
@pytest.mark.parametrize(("spec", "algorithm", "expected"), SUPPORTED)
def test_material_is_wrapped_by_the_algorithms_that_its_row_of_the_table_has(
    wrapping_key_spec, spec, algorithm, expected
):
    assert expected == can_wrap(algorithm, wrapping_key_spec, KEY_SPECS[spec])


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
@pytest.mark.parametrize("wrapping_key_spec", WRAPPING_KEY_SPECS)
def test_a_p521_key_does_not_fit_under_rsa_2048_alone(wrapping_key_spec, algorithm):
    expected = wrapping_key_spec != "RSA_2048" or algorithm.startswith("RSA_AES")
    assert expected == can_wrap(algorithm, wrapping_key_spec, KEY_SPECS["ECC_NIST_P521"])


def test_the_paddings_are_those_that_encryption_has():
    assert {row.oaep for row in WRAPPING_ALGORITHMS.values()} == set(oaep._PADDINGS)
