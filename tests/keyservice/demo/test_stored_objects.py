"""An object's file: what was changed in it is noticed, and it is of no use in another's place."""

import json

import pytest

from keyservice.demo.objects.address import Address
from keyservice.demo.objects.data_keys import EncryptedKey
from keyservice.demo.objects.stored import StoredObject, read_stored, seal, unseal
from keyservice.demo.refusals import Refusal

ADDRESS = Address("box", "a/b")
DATA_KEY = bytes(32)
STORED = StoredObject(
    bucket="box",
    key="a/b",
    length=4,
    etag='"e"',
    last_modified=1000.0,
    algorithm="aws:kms",
    data_key=EncryptedKey(key_arn="arn", context={"aws:s3:arn": ADDRESS.arn}, blob=b"\x00\xff", wrapped=b"\x01"),
    headers={"content-type": "text/plain"},
    checksums={},
)


def test_an_object_comes_back_as_it_was():
    file = seal(STORED, b"body\n\n", DATA_KEY)
    assert STORED == read_stored(file, ADDRESS)
    assert b"body\n\n" == unseal(file, DATA_KEY)
    assert b"body" not in file


@pytest.mark.parametrize("place", ["line", "nonce", "body"])
def test_any_change_is_noticed(place):
    line, _, rest = seal(STORED, b"body", DATA_KEY).partition(b"\n")
    changed = {
        "line": line.replace(b'"length": 4', b'"length": 5') + b"\n" + rest,
        "nonce": line + b"\n" + bytes([rest[0] ^ 1]) + rest[1:],
        "body": line + b"\n" + rest[:-1] + bytes([rest[-1] ^ 1]),
    }[place]
    with pytest.raises(Refusal, match="InternalError"):
        unseal(changed, DATA_KEY)


def test_a_file_that_cannot_even_hold_a_nonce_is_refused():
    line = json.dumps({}).encode() + b"\n"
    with pytest.raises(Refusal, match="InternalError"):
        unseal(line + b"short", DATA_KEY)


def test_an_object_in_anothers_place_is_noticed():
    with pytest.raises(Refusal, match="InternalError"):
        read_stored(seal(STORED, b"body", DATA_KEY), Address("box", "other"))


def test_a_caller_is_told_how_it_is_encrypted():
    assert {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "arn",
        "x-amz-server-side-encryption-bucket-key-enabled": "true",
    } == STORED.response_headers
