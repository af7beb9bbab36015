"""The checksum at the end of a record: no flipped bit of it goes unseen, the bits that announce it included."""

import pytest

from keyservice.model.key import Alias
from keyservice.store.rows import ChecksumError, checked, encode

ALIAS = Alias(
    account="111122223333", region="us-east-1", name="alias/files", target_key_id="a-key", created=1.0, updated=2.0
)


def test_every_flipped_bit_of_a_record_is_seen():
    stored = encode(ALIAS)
    for at in range(len(stored)):
        for bit in range(8):
            damaged = stored[:at] + bytes([stored[at] ^ 1 << bit]) + stored[at + 1 :]
            with pytest.raises(ChecksumError):
                checked(damaged)


def test_a_record_of_before_there_were_checksums_is_taken_as_it_is():
    plain = checked(encode(ALIAS))
    assert plain == checked(plain)
