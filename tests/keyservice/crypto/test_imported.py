"""Imported key material: what KMS Developer Guide, "Requirements for imported key material", lists, row by row."""

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from keyservice.crypto.imported import read_material
from keyservice.crypto.specs import KEY_SPECS
from keyservice.errors import INCORRECT_KEY_MATERIAL, ServiceError

RSA = {bits: rsa.generate_private_key(65537, bits) for bits in (1024, 2048, 3072)}
EC = {
    "ECC_NIST_P256": ec.generate_private_key(ec.SECP256R1()),
    "ECC_NIST_P384": ec.generate_private_key(ec.SECP384R1()),
    "ECC_NIST_P521": ec.generate_private_key(ec.SECP521R1()),
    "ECC_SECG_P256K1": ec.generate_private_key(ec.SECP256K1()),
}
PAIRS = {**EC, "RSA_2048": RSA[2048], "RSA_3072": RSA[3072]}


def pkcs8(key):
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def is_refused(spec, material):
    try:
        read_material(KEY_SPECS[spec], material)
    except ServiceError as error:
        text = f"The key material is not valid for key spec {spec}."
        return (INCORRECT_KEY_MATERIAL, text) == (error.kind, error.message)
    return False


def test_a_symmetric_key_has_exactly_256_bits():
    assert bytes(32) == read_material(KEY_SPECS["SYMMETRIC_DEFAULT"], bytes(32))
    assert all(is_refused("SYMMETRIC_DEFAULT", bytes(length)) for length in (0, 1, 16, 31, 33, 64))


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_an_hmac_key_has_the_bits_of_its_spec_at_least_and_1024_at_most(bits):
    spec, least = f"HMAC_{bits}", bits // 8
    for length in (least, least + 1, 127, 128):
        assert bytes(length) == read_material(KEY_SPECS[spec], bytes(length))
    assert all(is_refused(spec, bytes(length)) for length in (0, least - 1, 129, 256))


@pytest.mark.parametrize("spec", PAIRS)
def test_a_private_key_of_the_spec_is_kept_as_pkcs_8(spec):
    read = read_material(KEY_SPECS[spec], pkcs8(PAIRS[spec]))
    assert PAIRS[spec].private_numbers() == load_der_private_key(read, None).private_numbers()
    assert read == read_material(KEY_SPECS[spec], read)


@pytest.mark.parametrize("spec", PAIRS)
def test_a_private_key_of_another_spec_is_refused(spec):
    others = [pkcs8(key) for name, key in PAIRS.items() if name != spec]
    others += [pkcs8(RSA[1024]), pkcs8(Ed25519PrivateKey.generate()), bytes(32), b""]
    assert all(is_refused(spec, other) for other in others)


@pytest.mark.parametrize("spec", PAIRS)
def test_other_encodings_of_a_private_key_are_refused(spec):
    key, sound = PAIRS[spec], pkcs8(PAIRS[spec])
    others = [
        key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        sound + b"\0",
        sound[:-1],
    ]
    assert all(is_refused(spec, other) for other in others)


def test_a_private_key_that_does_not_belong_to_its_public_point_is_refused():
    def point(key):
        return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    sound, other = pkcs8(EC["ECC_NIST_P256"]), ec.generate_private_key(ec.SECP256R1())
    assert is_refused("ECC_NIST_P256", sound.replace(point(EC["ECC_NIST_P256"]), point(other)))


def test_an_rsa_key_whose_numbers_do_not_fit_together_is_refused():
    numbers = RSA[2048].private_numbers()
    wrong = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d, numbers.dmp1 ^ 2, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    )
    assert is_refused("RSA_2048", pkcs8(wrong.private_key(unsafe_skip_rsa_key_validation=True)))


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def as_pkcs8(pem):
    return openssl("pkcs8", "-topk8", "-outform", "der", "-nocrypt", data=pem)


def generated(algorithm, *options):
    return openssl("genpkey", "-algorithm", algorithm, *(part for option in options for part in ("-pkeyopt", option)))


P256 = "ec_paramgen_curve:P-256"


def test_a_key_with_explicit_parameters_is_refused_and_a_compressed_point_is_not():
    assert is_refused("ECC_NIST_P256", as_pkcs8(generated("ec", P256, "ec_param_enc:explicit")))
    compressed = as_pkcs8(openssl("ec", "-conv_form", "compressed", data=generated("ec", P256)))
    read = read_material(KEY_SPECS["ECC_NIST_P256"], compressed)
    assert len(read) > len(compressed)
    assert pkcs8(load_der_private_key(compressed, None)) == read


def test_an_rsa_key_of_three_primes_is_refused():
    three = as_pkcs8(generated("rsa", "rsa_keygen_bits:2048", "rsa_keygen_primes:3"))
    assert is_refused("RSA_2048", three)


@pytest.mark.parametrize("spec", [name for name, row in KEY_SPECS.items() if not row.is_importable])
def test_other_specs_take_no_material(spec):
    material = pkcs8(Ed25519PrivateKey.generate()) if spec == "ECC_NIST_EDWARDS25519" else bytes(64)
    assert is_refused(spec, material)


def test_the_specs_that_can_be_imported_are_those_of_the_guide():
    expected = {"SYMMETRIC_DEFAULT", *EC, *(f"RSA_{bits}" for bits in (2048, 3072, 4096))}
    expected |= {f"HMAC_{bits}" for bits in (224, 256, 384, 512)}
    assert expected == {name for name, row in KEY_SPECS.items() if row.is_importable}
