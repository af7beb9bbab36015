"""Tokens."""

import pytest

from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import InvalidToken, open_token, seal_token

DOMAIN_KEY = bytes(range(32))


def sealed(plaintext: bytes = b"{}", *, bound_to: bytes = b"") -> str:
    salt, iv = bytes([1]) * 16, bytes([2]) * 12
    return seal_token(DOMAIN_KEY, Purpose.MARKER, plaintext, salt=salt, iv=iv, bound_to=bound_to)


def test_a_token_opens_to_what_was_sealed():
    assert b"{}" == open_token(DOMAIN_KEY, Purpose.MARKER, sealed())


def test_the_format_of_version_1_never_changes():
    assert "AQEBAQEBAQEBAQEBAQEBAQECAgICAgICAgICAgKLVPLzG4nzgN-W8t1gfJLnNU8" == sealed()


def test_a_token_is_safe_in_a_url():
    assert not set(sealed(bytes(range(256)))) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_token_of_another_purpose_is_refused():
    with pytest.raises(InvalidToken):
        open_token(DOMAIN_KEY, Purpose.SESSION, sealed())


def test_a_token_under_another_domain_key_is_refused():
    with pytest.raises(InvalidToken):
        open_token(bytes(32), Purpose.MARKER, sealed())


def test_a_token_opens_only_where_it_is_bound_to():
    marker = sealed(bound_to=b"ListKeys")
    assert b"{}" == open_token(DOMAIN_KEY, Purpose.MARKER, marker, bound_to=b"ListKeys")
    with pytest.raises(InvalidToken):
        open_token(DOMAIN_KEY, Purpose.MARKER, marker, bound_to=b"ListAliases")


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6])
def test_the_unused_bits_of_the_last_character_are_not_malleable(length):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = sealed(bytes(length))
    for character in set(alphabet) - {token[-1]}:
        with pytest.raises(InvalidToken):
            open_token(DOMAIN_KEY, Purpose.MARKER, token[:-1] + character)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:4],
        lambda token: token[:5],
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token + "é",
        lambda token: token.replace(token[3], "+"),
        lambda token: token * 1000,
        lambda token: token + "AAAA",
    ],
    ids=["empty", "short", "no base64", "padding", "newline", "space", "not ASCII", "other alphabet", "long", "more"],
)
def test_what_is_no_token_is_refused_with_the_same_error(change):
    with pytest.raises(InvalidToken, match=r"^the token is not valid$"):
        open_token(DOMAIN_KEY, Purpose.MARKER, change(sealed()))


def test_a_token_too_long_to_be_read_again_is_never_sealed():
    with pytest.raises(ValueError, match="at most 16384 characters"):
        sealed(bytes(16_384))


@pytest.mark.parametrize(("salt", "iv"), [(15, 12), (16, 16)])
def test_random_bytes_of_a_wrong_length_are_never_sealed_with(salt, iv):
    with pytest.raises(ValueError, match="the salt has 16 bytes and the IV 12"):
        seal_token(DOMAIN_KEY, Purpose.MARKER, b"", salt=bytes(salt), iv=bytes(iv))
