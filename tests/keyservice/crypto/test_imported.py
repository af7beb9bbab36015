"""Imported key material: what KMS Developer Guide, "Requirements for imported key material", lists, row by row."""

import base64

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


# Made with OpenSSL 3: `genpkey` with ec_param_enc:explicit, `ec -conv_form compressed`, rsa_keygen_primes:3; `pkcs8`.
EXPLICIT_P256 = base64.b64decode(
    "MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAAB"
    "AAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE"
    "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+8"
    "5vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQg6glQEjr6G9PWql736+RtE7VVxNj8ecmSyLOxUMY+H9KhRANCAAQPE47MrjoYa84ybirsW7RsSKqf"
    "wZGSmlCgTEDo5i/VW0dJPg6IIRfrPL8BUhZfw63lXJhJ045VB7LVeAioBsIK"
)
COMPRESSED_P256 = base64.b64decode(
    "MGcCAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcETTBLAgEBBCAAe6+5oVzdyY6DFOj3md2TSxPssiZJyb+SkXL3I1RrKqEkAyIAAi4nld0yISmETxDa"
    "tANoRt7p758vrEsdqxSBzmJjLD27"
)
THREE_PRIMES = base64.b64decode(
    "MIIE9AIBADANBgkqhkiG9w0BAQEFAASCBN4wggTaAgEBAoIBAQCr4p/p9evblwmorohOu8UD5FiaUhSi61M8Lj64iIXz0pJx79JYf9noWtGQTYnC"
    "70H+cwmhrJ7v6Bu8te2/6aktJ8w6mf2OtQtn7RcXBoV5GochyTXz45AlmI00Y52lWtLxymvVx03CP96Iyejr5nKL0B7KZhAGjI4xjo/pbbG8ERgD"
    "6jlkBH6w9/Zok5idgqirmW0cZhPLKoQqxgontI6gWX+jgcQuhEteL7Cff8rU7eSEY85LAC6IAZR6Hyq+Sgi3XrJLw2Bq5zd+Ydr7edI5nfSJP+OR"
    "qyh/7vmcuKmoT46Vu+YbMuX9WPqZxNSRSyMp4oROHMx2mSKShaKbW8u/AgMBAAECggEBAKGVTPGbDtuCtEDPujIR0JblDeoc6Wtyv++eJbZCGXLp"
    "7GORqPMrVYVaAxGd4rjPRQHX0SEcbtlnINQZTuSP20so05PveW6zgYJ0XrV1mvoK1ygKyF4b3VslHpTFYwMYVeZcZoPZryZ6rQJE7g63h/M18jxx"
    "9Vr9C1wRnBt0Er6wken/elCh9puet9cK2yToZQVJw2REQhFD3DIlH2PZvrxQNrZwBGPxmLeZiOJhFymvaMxvenaIdUwB6pUBqqF+zVemLArDxgVV"
    "WZOqVVph4uTm2h7sor3SmL2a/D0Z8mdZyMshdurRHv5dk/jkf3KWvQ7OFuLi4Y18QQETX4zNJaECVgewKDsuij0ZslTW9+YIAC2RjFfRHfbrVcSQ"
    "P3x/eLgChxSMiJkKSOz3t3lP/YRwFpcgxZfkUddZujhf0ddB6Eh2Qyaa4u9xblQY1TZJYU9vfwxK/V6fAlYHGv+GRAveQi33T4Yab2FayOCWLbf0"
    "R83obDZ9gPCEzCWn6D7ADwNcw8o/vyNIMD2bx50VYOXf83QemBAd3LA4dmn5jR4DHdDaFSSHs252W2hiB6vIBQJWBKAaBEkiyFHedaaDrLShjsjj"
    "e64Hbhf2GPWEDJ4QffyfUmCeihyi9Vav3t+eMgDRxojj+FdYWczU+bfEYtJ3MqlcCyziXZaL/zKVjDynvAfjkvzG5RcCVgGVz14H/lHWl+St1DA/"
    "mwui9x/qETkpb9GjmsCDLKWj2d7M3HsCnnBqqctw/BEV2hjP/saPOJmu+b/9ktLmslXWbSwkhIaTd03AG8c+i61SFUaRiYx1AlYA5YCpnS/8a9th"
    "ubf7WTSnH/he5fov0y32YaeQpiFs20gPdZDN/jRmLAAGd7kP7Yapjm+6+QllMN+HTD2lANlDRKzFaOL1av6BSGSpV9hsme/rDDOI2jCCAQwwggEI"
    "AlYDJYByLlHWEtMxZiGe0zecIDS0njXwdtfBbPZv56+d8zYZTfaV+lM/O7jsK7FvzihEURqIu6aiyWburkK7BEboDRcJ5CaosUdWLxxiabFyTHLr"
    "vFT+LQJWAnU6KHfMj9j2x4ELxGEk8L4rzehFJIoBsuSmgfZPtqg124COnswEWcISi9L58efuhqeAfc1wt3tzAAJ6uFL3/O+0zpI+LMsHeeilWK9N"
    "4Yacw0/EaSUCVgCO5Ktb/DxshTuF0stz+G71CVTLjeCZGqcamXWCiYTKrN4Dn+s16wmt7k/576bheBzCGRzubbNblDXKKKm53VaZVn4S/izQpfE+"
    "isBWM8bDFOPHmGcZ"
)


def test_a_key_with_explicit_parameters_is_refused_and_a_compressed_point_is_not():
    assert is_refused("ECC_NIST_P256", EXPLICIT_P256)
    read = read_material(KEY_SPECS["ECC_NIST_P256"], COMPRESSED_P256)
    assert len(read) > len(COMPRESSED_P256)
    assert pkcs8(load_der_private_key(COMPRESSED_P256, None)) == read


def test_an_rsa_key_of_three_primes_is_refused():
    assert is_refused("RSA_2048", THREE_PRIMES)


@pytest.mark.parametrize("spec", [name for name, row in KEY_SPECS.items() if not row.is_importable])
def test_other_specs_take_no_material(spec):
    material = pkcs8(Ed25519PrivateKey.generate()) if spec == "ECC_NIST_EDWARDS25519" else bytes(64)
    assert is_refused(spec, material)


def test_the_specs_that_can_be_imported_are_those_of_the_guide():
    expected = {"SYMMETRIC_DEFAULT", *EC, *(f"RSA_{bits}" for bits in (2048, 3072, 4096))}
    expected |= {f"HMAC_{bits}" for bits in (224, 256, 384, 512)}
    assert expected == {name for name, row in KEY_SPECS.items() if row.is_importable}
