"""Wrapped records."""

import dataclasses
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.wrapping import RecordIdentity, UnwrapError, unwrap, wrap

PARENT = bytes(range(32))
MATERIAL = b"m" * 32
RECORD = RecordIdentity(
    type="backing-key",
    account="111122223333",
    key_id="key",
    backing_key_id="backing",
    spec="SYMMETRIC_DEFAULT",
    root_id="root",
)


def sealed() -> bytes:
    return wrap(PARENT, RECORD, salt=bytes([1]) * 16, iv=bytes([2]) * 12, material=MATERIAL)


def test_a_record_unwraps_to_its_material():
    assert MATERIAL == unwrap(PARENT, RECORD, sealed())


def test_the_record_is_the_construction_written_out_by_hand():
    salt, iv = bytes([1]) * 16, bytes([2]) * 12
    key = hmac.digest(PARENT, b"\0\0\0\1wardkey/v1/wrap\0" + salt + b"\0\0\1\0", "sha256")
    parts = (b"backing-key", b"\x01", b"111122223333", b"key", b"backing", b"SYMMETRIC_DEFAULT", b"root")
    additional = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert b"\x01" + salt + iv + AESGCM(key).encrypt(iv, MATERIAL, additional) == sealed()


def test_the_format_of_version_1_never_changes():
    body = "d2011508e79b3428ec07fe877360a770097cb0fd613ef0cf104c9f06ff67d0643ad53c5c31dca3bfa1b61dbe48bf3dbf"
    assert "01" + "01" * 16 + "02" * 12 + body == sealed().hex()


@pytest.mark.parametrize("part", [field.name for field in dataclasses.fields(RecordIdentity)])
def test_a_record_does_not_open_as_another(part):
    with pytest.raises(UnwrapError):
        unwrap(PARENT, dataclasses.replace(RECORD, **{part: "another"}), sealed())


def test_parts_of_the_identity_do_not_run_into_each_other():
    moved = dataclasses.replace(RECORD, account="11112222333", key_id="3key")
    assert RECORD.encode() != moved.encode()


def test_another_parent_key_does_not_open():
    with pytest.raises(UnwrapError, match=r"^the wrapped record does not open$"):
        unwrap(bytes(32), RECORD, sealed())


@pytest.mark.parametrize("record", [b"", b"\x01", b"\x01" + bytes(43)])
def test_what_is_no_record_is_refused(record):
    with pytest.raises(UnwrapError):
        unwrap(PARENT, RECORD, record)


@pytest.mark.parametrize(("salt", "iv"), [(15, 12), (16, 16)])
def test_random_bytes_of_a_wrong_length_are_refused(salt, iv):
    with pytest.raises(ValueError, match="the salt has 16 bytes and the IV 12"):
        wrap(PARENT, RECORD, salt=bytes(salt), iv=bytes(iv), material=MATERIAL)
