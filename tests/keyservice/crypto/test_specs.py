"""The table of key specs."""

import botocore.session
import pytest

from keyservice.crypto.signing import SIGNING_ALGORITHMS
from keyservice.crypto.specs import KEY_SPECS, Family
from keyservice.model.key import KeyUsage

MODEL = botocore.session.get_session().get_service_model("kms")
OFFERED = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithmSpec",
    "SIGN_VERIFY": "SigningAlgorithmSpec",
    "GENERATE_VERIFY_MAC": "MacAlgorithmSpec",
    "KEY_AGREEMENT": "KeyAgreementAlgorithmSpec",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithmSpec",
}


def test_rows_stand_under_their_names_and_have_algorithms_for_usages_of_awss():
    for name, row in KEY_SPECS.items():
        assert name == row.name
        assert row.usages
        assert row.usages <= set(KeyUsage)
        for usage, algorithms in row.algorithms.items():
            assert algorithms
            assert set(algorithms) <= set(MODEL.shape_for(OFFERED[usage]).enum)


def test_every_spec_of_the_sdks_model_can_be_created_but_two():
    assert {"SM2", "ML_KEM_512"} == set(MODEL.shape_for("KeySpec").enum) - set(KEY_SPECS)
    assert set() == set(KEY_SPECS) - set(MODEL.shape_for("KeySpec").enum)


def test_every_algorithm_of_the_sdks_model_belongs_to_a_spec_but_those_of_sm2_and_pre_hashed_ed25519():
    ours = {name for row in KEY_SPECS.values() for names in row.algorithms.values() for name in names}
    awss = {name for shape in OFFERED.values() for name in MODEL.shape_for(shape).enum}
    assert {"SM2PKE", "SM2DSA", "ED25519_PH_SHA_512"} == awss - ours


def test_every_signing_algorithm_of_a_spec_has_its_row():
    assert set(SIGNING_ALGORITHMS) == {
        name for row in KEY_SPECS.values() for name in row.algorithms.get("SIGN_VERIFY", ())
    }


# KMS Developer Guide, "Key spec reference".
USAGES = {
    "SYMMETRIC_DEFAULT": {"ENCRYPT_DECRYPT"},
    "RSA_2048": {"ENCRYPT_DECRYPT", "SIGN_VERIFY"},
    "ECC_NIST_P521": {"SIGN_VERIFY", "KEY_AGREEMENT"},
    "ECC_SECG_P256K1": {"SIGN_VERIFY"},
    "ECC_NIST_EDWARDS25519": {"SIGN_VERIFY"},
    "HMAC_224": {"GENERATE_VERIFY_MAC"},
    "ML_DSA_65": {"SIGN_VERIFY"},
    "ML_KEM_768": {"ENCAPSULATE_DECAPSULATE"},
}


@pytest.mark.parametrize("name", USAGES)
def test_a_spec_has_the_usages_that_aws_documents(name):
    assert USAGES[name] == KEY_SPECS[name].usages


def test_the_symmetric_default_is_aes_256():
    row = KEY_SPECS["SYMMETRIC_DEFAULT"]
    assert (32, False) == (row.size, row.is_asymmetric)


def test_hmac_keys_are_as_long_as_their_hash():
    rows = [row for row in KEY_SPECS.values() if row.family is Family.HMAC]
    assert [28, 32, 48, 64] == [row.size for row in rows]


def test_an_algorithm_is_supported_for_the_usage_it_belongs_to_alone():
    rsa = KEY_SPECS["RSA_2048"]
    assert rsa.supports("SIGN_VERIFY", "RSASSA_PSS_SHA_256")
    assert not rsa.supports("ENCRYPT_DECRYPT", "RSASSA_PSS_SHA_256")
    assert not rsa.supports("KEY_AGREEMENT", "ECDH")
