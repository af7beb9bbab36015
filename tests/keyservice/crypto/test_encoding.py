"""Length-prefixed fields and the encryption context."""

from keyservice.crypto.encoding import encode_context, encode_text, length_prefixed


def test_a_length_prefix_has_four_bytes_in_network_order():
    assert b"\0\0\1\0" + bytes(256) == length_prefixed(bytes(256))


def test_no_encryption_context_is_a_count_of_zero():
    assert bytes(4) == encode_context({})


def test_pairs_are_sorted_by_their_utf_8_bytes_and_not_by_utf_16():
    # U+FF61 comes after U+10000 in UTF-16 and before it in UTF-8.
    encoded = encode_context({"\U00010000": "1", "\uff61": "2"})
    assert b"\0\0\0\2\0\0\0\3\xef\xbd\xa1\0\0\0\x012\0\0\0\4\xf0\x90\x80\x80\0\0\0\x011" == encoded


def test_characters_do_not_move_between_key_and_value():
    assert encode_context({"ab": "c"}) != encode_context({"a": "bc"})


def test_a_lone_surrogate_is_encoded_as_nothing_else_is():
    assert b"\0\0\0\3\xed\xa0\x80" == encode_text("\ud800")
    assert encode_text("\ud800\udc00") != encode_text("\U00010000")


def test_text_is_not_normalised():
    assert encode_context({"é": ""}) != encode_context({"e\u0301": ""})
