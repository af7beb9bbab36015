"""Ids of key material."""

import re

from keyservice.crypto.material import material_id


def test_an_id_has_64_hexadecimal_digits():
    assert re.fullmatch(r"[0-9a-f]{64}", material_id(bytes(32), "key", bytes(32)))


def test_equal_material_has_the_same_id_in_one_key_and_another_in_each_other():
    assert material_id(bytes(32), "key", b"m") == material_id(bytes(32), "key", b"m")
    assert material_id(bytes(32), "key", b"m") != material_id(bytes(32), "other", b"m")
    assert material_id(bytes(32), "key", b"m") != material_id(bytes([1]) * 32, "key", b"m")


def test_bytes_do_not_move_between_key_id_and_material():
    assert material_id(bytes(32), "ke", b"ym") != material_id(bytes(32), "key", b"m")
