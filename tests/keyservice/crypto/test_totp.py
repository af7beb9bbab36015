"""One-time passwords, held to the RFC's own table."""

import base64

import pytest

from keyservice.crypto.totp import code_at, seed_of, step_of

SEED = b"12345678901234567890"


# RFC 6238, appendix B, the SHA-1 rows, of whose eight digits the last six are these.
@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_the_rfcs(moment, code):
    assert code == code_at(SEED, moment // 30)
    assert moment // 30 == step_of(SEED, code, moment, after=0)


def test_a_code_holds_one_step_to_either_side_and_not_again():
    code = code_at(SEED, 1000)
    assert [None, 1000, 1000, 1000, None] == [step_of(SEED, code, step * 30, after=0) for step in range(998, 1003)]
    assert step_of(SEED, code, 30000, after=1000) is None
    assert step_of(SEED, "ünïcod", 30000, after=0) is None


def test_a_seed_is_base32_with_or_without_padding():
    assert SEED[:10] == seed_of(base64.b32encode(SEED[:10]).decode().rstrip("="))
    with pytest.raises(ValueError, match="not base32"):
        seed_of("1")
