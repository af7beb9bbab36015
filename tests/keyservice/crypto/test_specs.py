"""The table of key specs."""

from keyservice.crypto.specs import KEY_SPECS
from keyservice.model.key import KeyUsage


def test_rows_stand_under_their_names_and_use_aws_s_usages():
    for name, row in KEY_SPECS.items():
        assert name == row.name
        assert row.usages <= set(KeyUsage)


def test_a_key_that_encrypts_has_an_encryption_algorithm():
    for row in KEY_SPECS.values():
        assert (KeyUsage.ENCRYPT_DECRYPT in row.usages) == bool(row.encryption_algorithms)


def test_the_symmetric_default_is_aes_256():
    row = KEY_SPECS["SYMMETRIC_DEFAULT"]
    assert (32, ("SYMMETRIC_DEFAULT",)) == (row.material_length, row.encryption_algorithms)
