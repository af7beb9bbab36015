"""Key derivation, held to KBKDFHMAC of cryptography; NIST's vectors are in tests/vectors."""

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from hypothesis import given
from hypothesis import strategies as st

from keyservice.crypto.kbkdf import Purpose, derive


@given(
    key=st.binary(min_size=32, max_size=64),
    purpose=st.sampled_from(Purpose),
    context=st.binary(max_size=200),
    length=st.integers(1, 200),
)
def test_derive_is_sp_800_108_as_cryptography_does_it(key, purpose, context, length):
    kdf = KBKDFHMAC(
        algorithm=SHA256(),
        mode=Mode.CounterMode,
        length=length,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=purpose.label,
        context=context,
        fixed=None,
    )
    assert kdf.derive(key) == derive(key, purpose, context, length)


def test_every_purpose_has_its_own_label_under_our_prefix_and_without_nul():
    assert b"wardkey/v1/grant-token" == Purpose.GRANT_TOKEN.label
    assert len(Purpose) == len({purpose.label for purpose in Purpose})
    assert not any(b"\0" in purpose.label for purpose in Purpose)


def test_a_key_too_short_to_derive_from_is_refused():
    with pytest.raises(ValueError, match="at least 32 bytes"):
        derive(bytes(31), Purpose.WRAP, b"")


@pytest.mark.parametrize("length", [0, 1025])
def test_a_length_out_of_bounds_is_refused(length):
    with pytest.raises(ValueError, match="1 to 1024"):
        derive(bytes(32), Purpose.WRAP, b"", length)
